import type { Entity } from 'p4runtime-js';
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
import type { Pipeline } from './pipeline';
import { RpcError } from './rpc_error';

/** What one entity of a ReadRequest asks for, in pieces. Throws RpcError. */
export async function* readEntity(
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
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', 'entity is not set: there is no read of everything at once');
    default:
      throw new RpcError('UNIMPLEMENTED', `reading a ${String(entity?.$case)} is not supported`);
  }
}
