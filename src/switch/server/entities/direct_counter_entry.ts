import { type DirectCounterEntry, type Entity, type Update_Type } from 'p4runtime-js';
import type { Dataplane } from '../../worker/dataplane';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { decodeCounterData } from './counter_data';
import { keyOf, readDirectEntries, requireTableEntry, tableWith } from './direct_entry';
import { requireModify, type PreparedUpdate } from './prepared';
import { decodeEntryKey } from './table_entry';

export function prepareDirectCounterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: DirectCounterEntry,
): PreparedUpdate {
  requireModify(type, 'a direct counter');
  const table_entry = requireTableEntry('counter', entry);
  const table = tableWith('counter', pipeline, table_entry);
  if (table_entry.isDefaultAction) {
    if (table_entry.match.length > 0 || table_entry.priority !== 0)
      throw new RpcError(
        'INVALID_ARGUMENT',
        `table ${table.name}: the default entry has no match or priority`,
      );
    if (entry.data === undefined) return { calls: [] };
    const value = decodeCounterData(entry.data);
    return { calls: [{ method: 'writeDefaultCounter', args: [table.name, value] }] };
  }
  const key = decodeEntryKey(table, table_entry);
  if (entry.data === undefined) return { calls: [] };
  return {
    calls: [{ method: 'writeDirectCounter', args: [table.name, key, decodeCounterData(entry.data)] }],
  };
}

export async function* readDirectCounterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: DirectCounterEntry,
): AsyncGenerator<Entity[]> {
  const wanted = requireTableEntry('counter', request);
  const asked = { counterData: { byteCount: 0n, packetCount: 0n } };
  for await (const entries of readDirectEntries('counter', pipeline, dataplane, wanted, asked))
    yield entries.map((entry): Entity => {
      const value = { tableEntry: keyOf(entry), data: entry.counterData };
      return { entity: { $case: 'directCounterEntry', value } };
    });
}
