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
import type { Device } from './device';
import type { Pipeline } from './pipeline';
import { RpcError, toRpcError } from './rpc_error';

/** Entities of one turn: a read of fewer sees no batch of writes half done. */
const ENTITIES_PER_TURN = 4096;
/** What a piece of none counts for. */
const ENTITIES_PER_EMPTY_PIECE = 64;

/** Where a read's answer goes. */
export interface EntitySink {
  write(entities: Entity[]): void;
  /** Waits until more can be taken in; false: nobody wants it any more. */
  hasRoom(): Promise<boolean>;
}

/**
 * Answers all requests of a ReadRequest, also those after one that fails; one p4.v1.Error for each request, in order,
 * undefined if the sink wanted no more. Reads in turns, each when the sink has room: between them others write, so who
 * takes the answer slowly keeps nobody waiting, and for who stops taking it nothing more is read.
 */
export async function readEntities(
  device: Device,
  requests: Entity[],
  sink: EntitySink,
): Promise<P4Error[] | undefined> {
  let begun: { pipeline: Pipeline; steps: AsyncGenerator<Entity[], P4Error[]> } | undefined;
  try {
    for (;;) {
      const results = await device.access('read', async (pipeline) => {
        begun ??= { pipeline, steps: answerAll(pipeline, device.dataplane, requests) };
        if (begun.pipeline !== pipeline)
          throw new RpcError('ABORTED', 'the forwarding pipeline config was changed during the read');
        for (let count = 0; count < ENTITIES_PER_TURN;) {
          const step = await begun.steps.next();
          if (step.done === true) return step.value;
          sink.write(step.value);
          // What was looked at and is not wanted has taken its time, too.
          count += step.value.length || ENTITIES_PER_EMPTY_PIECE;
        }
        return undefined;
      });
      if (results !== undefined) return results;
      if (!(await sink.hasRoom())) return undefined;
    }
  } finally {
    // Whatever is held for it is let go.
    await begun?.steps.return([]);
  }
}

async function* answerAll(
  pipeline: Pipeline,
  dataplane: Dataplane,
  requests: Entity[],
): AsyncGenerator<Entity[], P4Error[]> {
  const results: P4Error[] = [];
  for (const request of requests) {
    try {
      yield* readEntity(pipeline, dataplane, request);
      results.push(p4Error(status.OK, ''));
    } catch (error) {
      const { code, message } = toRpcError(error);
      results.push(p4Error(code, message));
    }
  }
  return results;
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
