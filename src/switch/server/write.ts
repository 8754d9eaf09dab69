import { status } from '@grpc/grpc-js';
import { WriteRequest_Atomicity as Atomicity, type P4Error, type Update } from 'p4runtime-js';
import type { EntryRows } from '../tables/entry_rows';
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
import { p4Error } from './error_details';
import type { Pipeline } from './pipeline';
import { RpcError, toRpcError } from './rpc_error';
import type { EncodedUpdates } from './write_request';

/** Calls that a batch may have which packets must not see half done: they wait meanwhile. */
const DATAPLANE_ATOMIC_CALLS_MAX = 4096;

/** One p4.v1.Error for each update, in order. Throws RpcError if none was tried. */
export async function writeUpdates(
  pipeline: Pipeline,
  dataplane: Dataplane,
  updates: EncodedUpdates,
  atomicity: Atomicity,
): Promise<P4Error[]> {
  switch (atomicity) {
    case Atomicity.CONTINUE_ON_ERROR: {
      const rows = updates.count > 0 ? pipeline.plain_entries.rowsOf(updates) : undefined;
      return rows === undefined
        ? writeEach(pipeline, dataplane, updates.decodeAll())
        : writeRows(pipeline, dataplane, updates, rows);
    }
    case Atomicity.ROLLBACK_ON_ERROR:
    case Atomicity.DATAPLANE_ATOMIC:
      return writeAllOrNone(
        pipeline,
        dataplane,
        updates.decodeAll(),
        atomicity === Atomicity.DATAPLANE_ATOMIC,
      );
    default:
      throw new RpcError('INVALID_ARGUMENT', `atomicity ${atomicity} is unknown`);
  }
}

/** Every row is tried. */
async function writeRows(
  pipeline: Pipeline,
  dataplane: Dataplane,
  updates: EncodedUpdates,
  rows: EntryRows,
): Promise<P4Error[]> {
  const results = Array<P4Error>(updates.count).fill(p4Error(status.OK, ''));
  for (const { row, code, message } of await dataplane.writeRows(rows))
    results[row] = p4Error(status[code], message);
  // Plain entries have no notes of their own, but there may be some of entries they came in place of.
  if (pipeline.notes.size > 0) {
    results.forEach(({ canonicalCode }, i) => {
      if (canonicalCode === Number(status.OK)) prepare(pipeline, updates.decode(i)).succeeded?.();
    });
  }
  return results;
}

/** Every update is tried. */
async function writeEach(pipeline: Pipeline, dataplane: Dataplane, updates: Update[]): Promise<P4Error[]> {
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
    if (one instanceof RpcError) return p4Error(one.code, one.message);
    const own = outcomes.slice(next, (next += one.calls.length));
    const failure = own.find((outcome) => !outcome.ok);
    if (failure === undefined) {
      one.succeeded?.();
      return p4Error(status.OK, '');
    }
    one.failed?.();
    return outcomeMessage(failure);
  });
}

/** With one failure all the others are ABORTED. */
async function writeAllOrNone(
  pipeline: Pipeline,
  dataplane: Dataplane,
  updates: Update[],
  at_once: boolean,
): Promise<P4Error[]> {
  const prepared: PreparedUpdate[] = [];
  function abort(index: number, error: P4Error): P4Error[] {
    for (const one of prepared.reverse()) one.failed?.();
    const others = p4Error(status.ABORTED, `not done, because update ${index} of the batch failed`);
    return updates.map((_, i) => (i === index ? error : others));
  }
  for (const [i, update] of updates.entries()) {
    try {
      prepared.push(prepare(pipeline, update));
    } catch (error) {
      const { code, message } = toRpcError(error);
      return abort(i, p4Error(code, message));
    }
  }
  const calls = prepared.flatMap((one) => one.calls);
  if (at_once && calls.length > DATAPLANE_ATOMIC_CALLS_MAX) {
    abort(0, p4Error(status.OK, ''));
    throw new RpcError(
      'UNIMPLEMENTED',
      `DATAPLANE_ATOMIC: a batch of ${calls.length} changes is more than ${DATAPLANE_ATOMIC_CALLS_MAX}`,
    );
  }
  const outcomes = calls.length > 0 ? await dataplane.atomicBatch(calls, at_once) : [];
  const failure = outcomes.at(-1);
  if (failure === undefined || failure.ok) {
    for (const one of prepared) one.succeeded?.();
    return updates.map(() => p4Error(status.OK, ''));
  }
  let calls_left = outcomes.length;
  const index = prepared.findIndex((one) => (calls_left -= one.calls.length) <= 0);
  return abort(index, outcomeMessage(failure));
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
  if (outcome.ok) return p4Error(status.OK, '');
  return p4Error(status[outcome.code], outcome.message);
}
