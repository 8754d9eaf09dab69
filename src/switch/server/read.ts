import { status } from '@grpc/grpc-js';
import type { Entity, P4Error } from 'p4runtime-js';
import type { Dataplane } from '../worker/dataplane';
import { readGroups, readMembers } from './entities/action_profile';
import { readCounterEntries } from './entities/counter_entry';
import { readDigestEntries } from './entities/digest_entry';
import { readDirectCounterEntries } from './entities/direct_counter_entry';
import { readDirectMeterEntries } from './entities/direct_meter_entry';
import { readMeterEntries } from './entities/meter_entry';
import { readRegisterEntries } from './entities/register_entry';
import { readReplication } from './entities/replication';
import { readTableEntries } from './entities/table_entry';
import { readValueSetEntries } from './entities/value_set_entry';
import { p4Error } from './error_details';
import type { Pipeline } from './pipeline';
import { RpcError, toRpcError } from './rpc_error';

/** What was found, in pieces, and one p4.v1.Error for each request, in order. */
export interface ReadAnswer {
  pieces: Entity[][];
  results: P4Error[];
}

/** Answers all requests of a ReadRequest, also those after one that fails. */
export async function readEntities(
  pipeline: Pipeline,
  dataplane: Dataplane,
  requests: Entity[],
): Promise<ReadAnswer> {
  const pieces: Entity[][] = [];
  const results: P4Error[] = [];
  for (const request of requests) {
    try {
      for await (const piece of readEntity(pipeline, dataplane, request)) pieces.push(piece);
      results.push(p4Error(status.OK, ''));
    } catch (error) {
      const { code, message } = toRpcError(error);
      results.push(p4Error(code, message));
    }
  }
  return { pieces, results };
}

/** What one entity of a ReadRequest asks for, in pieces. Throws RpcError. */
async function* readEntity(
  pipeline: Pipeline,
  dataplane: Dataplane,
  { entity }: Entity,
): AsyncGenerator<Entity[]> {
  switch (entity?.$case) {
    case 'tableEntry':
      yield* readTableEntries(pipeline, dataplane, entity.value);
      return;
    case 'counterEntry':
      yield* readCounterEntries(pipeline, dataplane, entity.value);
      return;
    case 'directCounterEntry':
      yield* readDirectCounterEntries(pipeline, dataplane, entity.value);
      return;
    case 'meterEntry':
      yield* readMeterEntries(pipeline, dataplane, entity.value);
      return;
    case 'directMeterEntry':
      yield* readDirectMeterEntries(pipeline, dataplane, entity.value);
      return;
    case 'actionProfileMember':
      yield* readMembers(pipeline, dataplane, entity.value);
      return;
    case 'actionProfileGroup':
      yield* readGroups(pipeline, dataplane, entity.value);
      return;
    case 'valueSetEntry':
      yield* readValueSetEntries(pipeline, dataplane, entity.value);
      return;
    case 'registerEntry':
      yield* readRegisterEntries(pipeline, dataplane, entity.value);
      return;
    case 'packetReplicationEngineEntry':
      yield readReplication(pipeline, entity.value);
      return;
    case 'digestEntry':
      yield readDigestEntries(pipeline, entity.value);
      return;
    case 'externEntry':
      // A read of all state asks for all of them: no extern needs one.
      if (entity.value.externTypeId === 0 && entity.value.externId === 0) return;
      throw new RpcError('UNIMPLEMENTED', 'no extern has entries of its own');
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', 'entity is not set: there is no read of everything at once');
  }
}
