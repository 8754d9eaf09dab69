import { Update_Type, type Entity, type TableEntry } from 'p4runtime-js';
import { EngineError, type MatchValue, type TableEntryState } from '../../engine';
import { engineCall, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { readTable } from '../../worker/table_read';
import type { TableSpec } from '../p4info';
import type { EntryNotes, Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { decodeDefaultAction, decodeEntryAction, encodeEntryAction } from './action';
import { decodeCounterData, encodeCounterData } from './counter_data';
import { decodeMatch, encodeMatch } from './match';
import { clearsCounters, decodeMeterConfig, encodeMeterConfig, encodeMeterCounters } from './meter_config';
import { PRIORITY_MAX } from './plain_table';
import type { PreparedUpdate } from './prepared';

export function prepareTableEntry(pipeline: Pipeline, type: Update_Type, entry: TableEntry): PreparedUpdate {
  const table = pipeline.info.table(entry.tableId);
  if (entry.isConst) throw invalid(table, 'is_const cannot be written');
  if (type !== Update_Type.DELETE) checkResources(table, entry);
  return entry.isDefaultAction
    ? prepareDefault(pipeline, table, type, entry)
    : prepareMatchEntry(pipeline, table, type, entry);
}

function prepareMatchEntry(
  pipeline: Pipeline,
  table: TableSpec,
  type: Update_Type,
  entry: TableEntry,
): PreparedUpdate {
  if (table.keys.length === 0) throw invalid(table, 'has no key: it has only a default entry');
  const key = decodeKey(table, entry);
  const note_key = noteKey(table, key.match, key.priority);
  if (type === Update_Type.DELETE) {
    if (table.is_const) throw isConst(table);
    return {
      calls: [{ method: 'deleteEntry', args: [table.name, key] }],
      succeeded: () => void pipeline.notes.delete(note_key),
    };
  }
  const counter_calls: EngineCall[] =
    entry.counterData === undefined
      ? []
      : [
          {
            method: 'writeDirectCounter',
            args: [table.name, key, decodeCounterData(entry.counterData)],
            with_previous: true,
          },
        ];
  const meter = table.direct_meter && decodeMeterConfig(table.direct_meter, entry.meterConfig);
  if (table.direct_meter !== undefined && clearsCounters(table.direct_meter, entry.meterCounterData))
    counter_calls.push({
      method: 'clearDirectMeterCounters',
      args: [table.name, key],
      with_previous: true,
    });
  if (table.is_const) {
    if (type !== Update_Type.MODIFY || entry.action !== undefined) throw isConst(table);
    if (entry.idleTimeoutNs !== 0n) throw invalid(table, 'const entries have no idle timeout');
    const meter_calls: EngineCall[] =
      table.direct_meter === undefined
        ? []
        : [{ method: 'writeDirectMeter', args: [table.name, key, meter] }];
    const [first, ...others] = [...meter_calls, ...counter_calls];
    return { calls: first === undefined ? [] : [{ ...first, with_previous: undefined }, ...others] };
  }
  const succeeded = (): void => setNotes(pipeline, note_key, entry);
  const written = { ...key, idle_timeout_ns: entry.idleTimeoutNs, meter };
  if (type === Update_Type.MODIFY && entry.action === undefined) {
    const change = { ...written, action: undefined };
    return { calls: [{ method: 'modifyEntry', args: [table.name, change] }, ...counter_calls], succeeded };
  }
  const method = type === Update_Type.INSERT ? 'insertEntry' : 'modifyEntry';
  const action = decodeEntryAction(table, entry.action);
  return { calls: [{ method, args: [table.name, { ...written, action }] }, ...counter_calls], succeeded };
}

function isConst(table: TableSpec): RpcError {
  return new RpcError(
    'PERMISSION_DENIED',
    `table ${table.name} is const: only counters and meters of its entries can be written`,
  );
}

function prepareDefault(
  pipeline: Pipeline,
  table: TableSpec,
  type: Update_Type,
  entry: TableEntry,
): PreparedUpdate {
  if (type !== Update_Type.MODIFY)
    throw invalid(table, 'the default entry always exists: only MODIFY is possible');
  if (entry.match.length > 0) throw invalid(table, 'the default entry has no match fields');
  if (entry.priority !== 0) throw invalid(table, 'the default entry has no priority');
  if (entry.idleTimeoutNs !== 0n) throw invalid(table, 'the default entry has no idle timeout');
  if (table.profile !== undefined)
    throw invalid(table, 'has an action profile: its default entry cannot be written');
  if (table.has_const_default) {
    throw new RpcError('PERMISSION_DENIED', `table ${table.name}: its default action is const`);
  }
  if (entry.meterConfig !== undefined || entry.meterCounterData !== undefined) {
    throw new RpcError('UNIMPLEMENTED', `table ${table.name}: the default entry is not metered`);
  }
  const action = entry.action === undefined ? undefined : decodeDefaultAction(table, entry.action);
  const calls: EngineCall[] = [{ method: 'setDefaultAction', args: [table.name, action] }];
  if (entry.counterData !== undefined) {
    const value = decodeCounterData(entry.counterData);
    calls.push({ method: 'writeDefaultCounter', args: [table.name, value], with_previous: true });
  }
  return {
    calls,
    succeeded: () => {
      if (action === undefined) pipeline.written_defaults.delete(table.name);
      else pipeline.written_defaults.add(table.name);
      // A reset entry has no metadata either.
      const note_key = noteKey(table, [], 0, true);
      if (action === undefined) pipeline.notes.delete(note_key);
      else setNotes(pipeline, note_key, entry);
    },
  };
}

function decodeKey(table: TableSpec, entry: TableEntry): { match: MatchValue[]; priority: number } {
  if (table.has_priority ? entry.priority <= 0 || entry.priority > PRIORITY_MAX : entry.priority !== 0) {
    const expected = table.has_priority ? `within 1..${PRIORITY_MAX}` : '0: it has only exact and lpm keys';
    throw invalid(table, `priority ${entry.priority} is not ${expected}`);
  }
  return { match: decodeMatch(table, entry.match), priority: entry.priority };
}

/** The key of an entry that must exist, as the engine wants it. For the direct counter's handler. */
export function decodeEntryKey(
  table: TableSpec,
  entry: TableEntry,
): { match: MatchValue[]; priority: number } {
  return decodeKey(table, entry);
}

function checkResources(table: TableSpec, entry: TableEntry): void {
  if (table.direct_meter === undefined) {
    if (entry.meterConfig !== undefined)
      throw invalid(table, 'meter_config is set, but the table has no direct meter');
    if (entry.meterCounterData !== undefined)
      throw invalid(table, 'meter_counter_data is set, but the table has no direct meter');
  }
  if (entry.counterData !== undefined && table.direct_counter === undefined) {
    throw invalid(table, 'counter_data is set, but the table has no direct counter');
  }
  if (entry.timeSinceLastHit !== undefined) throw invalid(table, 'time_since_last_hit cannot be written');
  if (entry.idleTimeoutNs < 0n) throw invalid(table, 'idle_timeout_ns is negative');
  if (entry.idleTimeoutNs !== 0n && !table.has_idle_timeout) {
    throw invalid(table, 'idle_timeout_ns is set, but the table does not support idle timeouts');
  }
}

/** Answers a read of one entry, of one table or (table_id 0) of all; in pieces. */
export async function* readTableEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: TableEntry,
): AsyncGenerator<Entity[]> {
  if (request.tableId === 0) {
    checkNoFilter(request);
    for (const table of pipeline.info.tables.values())
      yield* readEntries(pipeline, dataplane, table, { ...request, tableId: table.id });
    return;
  }
  const table = pipeline.info.table(request.tableId);
  if (request.timeSinceLastHit !== undefined && (!table.has_idle_timeout || request.isDefaultAction))
    throw invalid(table, 'time_since_last_hit is set, but there is no idle timeout');
  yield* readEntries(pipeline, dataplane, table, request);
}

function checkNoFilter(request: TableEntry): void {
  const { match, priority, action, metadata, controllerMetadata } = request;
  const filters = { match: match.length, priority, action, metadata: metadata.length, controllerMetadata };
  for (const [name, value] of Object.entries(filters)) {
    if (value !== 0 && value !== 0n && value !== undefined)
      throw new RpcError('INVALID_ARGUMENT', `a read of all tables takes no other filter, but has ${name}`);
  }
}

async function* readEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  table: TableSpec,
  request: TableEntry,
): AsyncGenerator<Entity[]> {
  const isWanted = entryFilter(table, request);
  if (request.isDefaultAction) {
    if (request.match.length > 0) throw invalid(table, 'the default entry has no match fields');
    if (request.priority !== 0) throw invalid(table, 'the default entry has no priority');
    const entry = await readDefault(pipeline, dataplane, table, request);
    if (entry !== undefined && isWanted(entry)) yield [wrap(entry)];
    return;
  }
  for await (const states of readStates(dataplane, table, request)) {
    const piece: Entity[] = [];
    for (const state of states) {
      if (request.priority !== 0 && state.priority !== request.priority) continue;
      const entry = entryMessage(pipeline, table, state, request);
      if (isWanted(entry)) piece.push(wrap(entry));
    }
    yield piece;
  }
}

/** Without a match it is a wildcard; then a priority selects the entries of that priority. */
async function* readStates(
  dataplane: Dataplane,
  table: TableSpec,
  request: TableEntry,
): AsyncGenerator<TableEntryState[]> {
  if (request.match.length === 0) {
    yield* readAll(dataplane, table);
    return;
  }
  if (table.has_priority && request.priority === 0) {
    const wanted = noteKey(table, decodeMatch(table, request.match), 0);
    for await (const states of readAll(dataplane, table)) {
      // By way of the message, in which optional keys that the engine calls ternary are optional again.
      yield states.filter(
        ({ match }) => noteKey(table, decodeMatch(table, encodeMatch(table, match)), 0) === wanted,
      );
    }
    return;
  }
  const args: [string, ReturnType<typeof decodeKey>] = [table.name, decodeKey(table, request)];
  const state = await engineCall<'entry'>(dataplane, { method: 'entry', args });
  if (state !== undefined) yield [state];
}

async function* readAll(dataplane: Dataplane, table: TableSpec): AsyncGenerator<TableEntryState[]> {
  try {
    yield* readTable(dataplane, table.name);
  } catch (error) {
    // A program that is only saved has taken the place of the one whose table it was.
    throw error instanceof EngineError && error.code === 'FAILED_PRECONDITION'
      ? new RpcError('ABORTED', 'the forwarding pipeline config was changed during the read')
      : error;
  }
}

/** The filters of a read that are no part of the key (specification, "Wildcard Reads"). */
function entryFilter(table: TableSpec, request: TableEntry): (entry: TableEntry) => boolean {
  const { metadata, controllerMetadata } = request;
  const type = request.action?.type;
  if (type !== undefined && type.$case !== 'action')
    throw invalid(table, `a read cannot be filtered by ${type.$case}, only by an action's id`);
  const action_id = type?.value.actionId ?? 0;
  if (action_id !== 0 && !table.actions.has(action_id))
    throw invalid(table, `action ${action_id} is none of the table's`);
  return (entry) => {
    const own = entry.action?.type;
    if (action_id !== 0 && (own?.$case !== 'action' || own.value.actionId !== action_id)) return false;
    if (controllerMetadata !== 0n && controllerMetadata !== entry.controllerMetadata) return false;
    return metadata.length === 0 || metadata.equals(entry.metadata);
  };
}

async function readDefault(
  pipeline: Pipeline,
  dataplane: Dataplane,
  table: TableSpec,
  request: TableEntry,
): Promise<TableEntry | undefined> {
  const state = await engineCall<'defaultAction'>(dataplane, { method: 'defaultAction', args: [table.name] });
  if (state === undefined) return undefined;
  const notes = pipeline.notes.get(noteKey(table, [], 0, true));
  return {
    ...emptyEntry(table.id),
    action: encodeEntryAction(table, state.action),
    isDefaultAction: true,
    isConst: state.is_const,
    counterData:
      request.counterData === undefined || state.counter === undefined
        ? undefined
        : encodeCounterData(table.direct_counter, state.counter),
    metadata: notes?.metadata ?? Buffer.alloc(0),
    controllerMetadata: notes?.controller_metadata ?? 0n,
  };
}

/** What a client reads of an entry: direct resources and `time_since_last_hit` only where the request has them. */
export function entryMessage(
  pipeline: Pipeline,
  table: TableSpec,
  state: TableEntryState,
  request: Partial<Pick<TableEntry, 'counterData' | 'timeSinceLastHit' | 'meterConfig' | 'meterCounterData'>>,
): TableEntry {
  const entry: TableEntry = {
    ...emptyEntry(table.id),
    match: encodeMatch(table, state.match),
    priority: table.has_priority ? state.priority : 0,
    action: encodeEntryAction(table, state.action),
    isConst: state.is_const,
    idleTimeoutNs: state.idle_timeout_ns,
  };
  if (request.counterData !== undefined && state.counter !== undefined) {
    entry.counterData = encodeCounterData(table.direct_counter, state.counter);
  }
  if (request.meterConfig !== undefined) entry.meterConfig = encodeMeterConfig(state.meter);
  if (request.meterCounterData !== undefined && state.meter_counters !== undefined)
    entry.meterCounterData = encodeMeterCounters(state.meter_counters);
  if (request.timeSinceLastHit !== undefined && state.idle_ns !== undefined) {
    entry.timeSinceLastHit = { elapsedNs: state.idle_ns };
  }
  if (pipeline.notes.size > 0) {
    const notes = pipeline.notes.get(keyOfMessage(table, entry));
    entry.metadata = notes?.metadata ?? entry.metadata;
    entry.controllerMetadata = notes?.controller_metadata ?? 0n;
  }
  return entry;
}

export function emptyEntry(table_id: number): TableEntry {
  return {
    tableId: table_id,
    match: [],
    action: undefined,
    priority: 0,
    controllerMetadata: 0n,
    meterConfig: undefined,
    counterData: undefined,
    isDefaultAction: false,
    idleTimeoutNs: 0n,
    timeSinceLastHit: undefined,
    metadata: Buffer.alloc(0),
    meterCounterData: undefined,
    isConst: false,
  };
}

function wrap(value: TableEntry): Entity {
  return { entity: { $case: 'tableEntry', value } };
}

function setNotes(pipeline: Pipeline, key: string, entry: TableEntry): void {
  const notes: EntryNotes = { metadata: entry.metadata, controller_metadata: entry.controllerMetadata };
  if (notes.metadata.length === 0 && notes.controller_metadata === 0n) pipeline.notes.delete(key);
  else pipeline.notes.set(key, notes);
}

/** One string per entry. Goes by meaning, so optional keys that the engine calls ternary come out equal. */
function noteKey(table: TableSpec, match: MatchValue[], priority: number, is_default = false): string {
  const fields = match.map((value) => {
    switch (value.kind) {
      case 'exact':
        return value.value.toString(16);
      case 'optional':
        return value.value === undefined ? '' : value.value.toString(16);
      case 'lpm':
        return `${value.value.toString(16)}/${value.prefix_length}`;
      case 'ternary':
        return `${value.value.toString(16)}&${value.mask.toString(16)}`;
      case 'range':
        return `${value.low.toString(16)}-${value.high.toString(16)}`;
    }
  });
  return `${table.name} ${is_default ? 'default' : priority} ${fields.join(' ')}`;
}

function keyOfMessage(table: TableSpec, entry: TableEntry): string {
  return noteKey(table, decodeMatch(table, entry.match), entry.priority);
}

function invalid(table: TableSpec, problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `table ${table.name}: ${problem}`);
}
