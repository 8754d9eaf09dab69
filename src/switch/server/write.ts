import { status } from '@grpc/grpc-js';
import { P4Error, Update, WriteRequest_Atomicity } from 'p4runtime-js';
import type { Dataplane } from '../worker/dataplane';
import type { EngineCall, EngineOutcome } from '../worker/engine_calls';
import { prepareGroup, prepareMember } from './entities/action_profile';
import { prepareCounterEntry } from './entities/counter_entry';
import { prepareDigestEntry } from './entities/digest_entry';
import { prepareDirectCounterEntry } from './entities/direct_counter_entry';
import { prepareDirectMeterEntry } from './entities/direct_meter_entry';
import { prepareMeterEntry } from './entities/meter_entry';
import { requireKnownType, type PreparedUpdate } from './entities/prepared';
import { prepareRegisterEntry } from './entities/register_entry';
import { prepareReplication } from './entities/replication';
import { prepareTableEntry } from './entities/table_entry';
import { prepareValueSetEntry } from './entities/value_set_entry';
import type { Pipeline } from './pipeline';
import { RpcError, toRpcError } from './rpc_error';

/** CONTINUE_ON_ERROR: every update is tried; the result has one p4.v1.Error for each, in order. */
export async function writeUpdates(
  pipeline: Pipeline,
  dataplane: Dataplane,
  updates: Update[],
  atomicity: WriteRequest_Atomicity,
): Promise<P4Error[]> {
  if (atomicity !== WriteRequest_Atomicity.CONTINUE_ON_ERROR) {
    throw new RpcError('UNIMPLEMENTED', 'only atomicity CONTINUE_ON_ERROR is supported');
  }
  const calls: EngineCall[] = [];
  const prepared = updates.map((update): PreparedUpdate | RpcError => {
    try {
      const one = prepare(pipeline, update);
      calls.push(...one.calls);
      return one;
    } catch (error) {
      return toRpcError(error);
    }
  });
  const outcomes = calls.length > 0 ? await dataplane.batch(calls) : [];
  let next = 0;
  return prepared.map((one) => {
    if (one instanceof RpcError) return errorMessage(one.code, one.message);
    const own = outcomes.slice(next, (next += one.calls.length));
    const failure = own.find((outcome) => !outcome.ok);
    if (failure === undefined) {
      one.succeeded?.();
      return errorMessage(status.OK, '');
    }
    one.failed?.();
    return outcomeMessage(failure);
  });
}

function prepare(pipeline: Pipeline, { type, entity }: Update): PreparedUpdate {
  requireKnownType(type);
  const given = entity?.entity;
  switch (given?.$case) {
    case 'tableEntry':
      return prepareTableEntry(pipeline, type, given.value);
    case 'counterEntry':
      return prepareCounterEntry(pipeline, type, given.value);
    case 'directCounterEntry':
      return prepareDirectCounterEntry(pipeline, type, given.value);
    case 'meterEntry':
      return prepareMeterEntry(pipeline, type, given.value);
    case 'directMeterEntry':
      return prepareDirectMeterEntry(pipeline, type, given.value);
    case 'actionProfileMember':
      return prepareMember(pipeline, type, given.value);
    case 'actionProfileGroup':
      return prepareGroup(pipeline, type, given.value);
    case 'valueSetEntry':
      return prepareValueSetEntry(pipeline, type, given.value);
    case 'registerEntry':
      return prepareRegisterEntry(pipeline, type, given.value);
    case 'packetReplicationEngineEntry':
      return prepareReplication(pipeline, type, given.value);
    case 'digestEntry':
      return prepareDigestEntry(pipeline, type, given.value);
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', 'entity is not set');
    default:
      throw new RpcError('UNIMPLEMENTED', `writing a ${String(given?.$case)} is not supported`);
  }
}

function outcomeMessage(outcome: EngineOutcome): P4Error {
  if (outcome.ok) return errorMessage(status.OK, '');
  return errorMessage(status[outcome.code], outcome.message);
}

function errorMessage(canonicalCode: number, message: string): P4Error {
  return { canonicalCode, message, space: '', code: 0, details: undefined };
}
