import type { Update_Type, Entity, ValueSetEntry } from 'p4runtime-js';
import { engineCall, type Dataplane } from '../../worker/dataplane';
import type { ValueSetSpec } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { decodeMatch, encodeMatch } from './match';
import { requireModify, type PreparedUpdate } from './prepared';

export function prepareValueSetEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: ValueSetEntry,
): PreparedUpdate {
  requireModify(type, 'a value set');
  const set = pipeline.info.valueSet(entry.valueSetId);
  if (entry.members.length > set.size) {
    throw new RpcError(
      'RESOURCE_EXHAUSTED',
      `${set.label}: ${entry.members.length} members, but it holds ${set.size}`,
    );
  }
  const members = entry.members.map(({ match }) => decodeMatch(set, match));
  return { calls: [{ method: 'setValueSet', args: [set.name, members] }] };
}

/** Id 0 reads all. A set always exists, empty or not. */
export async function* readValueSetEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  { valueSetId, members }: ValueSetEntry,
): AsyncGenerator<Entity[]> {
  if (members.length > 0) throw new RpcError('INVALID_ARGUMENT', 'a read of value sets has no members');
  const sets =
    valueSetId === 0 ? [...pipeline.info.value_sets.values()] : [pipeline.info.valueSet(valueSetId)];
  for (const set of sets) yield [await readValueSet(dataplane, set)];
}

async function readValueSet(dataplane: Dataplane, set: ValueSetSpec): Promise<Entity> {
  const members = await engineCall<'valueSet'>(dataplane, { method: 'valueSet', args: [set.name] });
  const value = {
    valueSetId: set.id,
    members: members.map((member) => ({ match: encodeMatch(set, member) })),
  };
  return { entity: { $case: 'valueSetEntry', value } };
}
