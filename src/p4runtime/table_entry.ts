/** Table entries by name <-> TableEntry (specification, "TableEntry"). */
import type { TableEntry as WireTableEntry } from 'p4runtime-js';
import { decodeEntryAction, encodeEntryAction, type EntryAction } from './action';
import { decodeCounter, type CounterValue } from './counters';
import { EncodingError, P4InfoMismatchError } from './errors';
import { decodeMatch, encodeMatch, formatMatch, type Match } from './match';
import { decodeMeterConfig, encodeMeterConfig, type MeterConfig } from './meters';
import type { P4Schema, TableSchema } from './p4info';

export interface TableEntry {
  /** Name or alias; entries read back have the fully qualified name. */
  table: string;
  /** Field name -> match. Empty for a default action. */
  match: Match;
  /** Larger wins; at least 1. Needed where the key has a ternary, range or optional field, forbidden elsewhere. */
  priority?: number;
  /** Not needed to delete. A default action modified without one goes back to the program's own. */
  action?: EntryAction;
  /** The table's default action rather than an entry. */
  is_default?: true;
  /** Only where the table has idle timeouts; absent or 0: never. */
  idle_timeout_ns?: bigint;
  /** The controller's own note, kept by the target. */
  metadata?: Uint8Array;
  meter?: MeterConfig;
}

/** What a target tells of an entry beyond what was written. */
export interface TableEntryState extends TableEntry {
  counter?: CounterValue;
  idle_ns?: bigint;
  /** Part of the program: it cannot be changed. */
  is_const?: true;
}

const PRIORITY_MAX = 0x7fffffff;

function encodePriority(object: string, table: TableSchema, entry: TableEntry): number {
  const { priority } = entry;
  if (!table.has_priority || entry.is_default === true) {
    if (priority !== undefined && priority !== 0) {
      const why = entry.is_default === true ? 'a default action has' : 'a table of exact and lpm fields has';
      throw new EncodingError(object, 'priority', `is ${priority}, but ${why} no priority`);
    }
    return 0;
  }
  if (priority === undefined) {
    throw new EncodingError(
      object,
      'priority',
      'missing; a key with ternary, range or optional fields needs one',
    );
  }
  if (!Number.isInteger(priority) || priority < 1 || priority > PRIORITY_MAX) {
    throw new EncodingError(
      object,
      'priority',
      `${priority} is not a whole number from 1 to ${PRIORITY_MAX}`,
    );
  }
  return priority;
}

/** Table, match and priority, or the default action. Throws EncodingError, or P4InfoMismatchError for the table. */
export function encodeTableKey(schema: P4Schema, entry: TableEntry): WireTableEntry {
  const table = schema.tables.get(entry.table);
  const object = `table ${table.name}`;
  const is_default = entry.is_default === true;
  if (is_default && Object.keys(entry.match).length > 0) {
    throw new EncodingError(object, 'match', 'a default action has no match');
  }
  return {
    tableId: table.id,
    match: is_default ? [] : encodeMatch(object, table, entry.match),
    action: undefined,
    priority: encodePriority(object, table, entry),
    controllerMetadata: 0n,
    meterConfig: undefined,
    counterData: undefined,
    meterCounterData: undefined,
    isDefaultAction: is_default,
    idleTimeoutNs: 0n,
    timeSinceLastHit: undefined,
    metadata: NO_BYTES,
    isConst: false,
  };
}

const NO_BYTES = Buffer.alloc(0);

/** Equal for entries of the same table, match and priority, and only for those. Not meant to be read. */
export function wireKeyText(wire: WireTableEntry): string {
  const fields = wire.match.map(({ fieldId, fieldMatchType: type }) => {
    const hex = (bytes: Buffer) => bytes.toString('hex');
    switch (type?.$case) {
      case 'exact':
      case 'optional':
        return `${fieldId}=${hex(type.value.value)}`;
      case 'lpm':
        return `${fieldId}=${hex(type.value.value)}/${type.value.prefixLen}`;
      case 'ternary':
        return `${fieldId}=${hex(type.value.value)}&${hex(type.value.mask)}`;
      case 'range':
        return `${fieldId}=${hex(type.value.low)}-${hex(type.value.high)}`;
      default:
        return `${fieldId}`;
    }
  });
  return `${wire.tableId} ${wire.isDefaultAction ? 'default' : wire.priority} ${fields.join(' ')}`;
}

/** The same of an entry by name. Throws as `encodeTableKey` does. */
export function tableKeyText(schema: P4Schema, entry: TableEntry): string {
  return wireKeyText(encodeTableKey(schema, entry));
}

function checkWritable(object: string, table: TableSchema, entry: TableEntry, use: TableUse): void {
  const fail = (field: string, problem: string): never => {
    throw new EncodingError(object, field, problem);
  };
  if (entry.is_default === true) {
    const constant = table.const_default_action;
    if (constant !== undefined) fail('action', `the default action is const (${constant.name})`);
    if (use !== 'modify') fail('action', `the default action takes modify, not ${use}`);
  } else if (table.is_const) {
    fail('match', 'the entries are const');
  }
  if (entry.action === undefined && use === 'insert') fail('action', 'missing');
  const { idle_timeout_ns = 0n } = entry;
  if (idle_timeout_ns !== 0n && !table.has_idle_timeout) {
    fail('idle_timeout_ns', `is ${idle_timeout_ns}, but the table has no idle timeouts (support_timeout)`);
  }
  if (idle_timeout_ns < 0n || idle_timeout_ns >= 1n << 63n) {
    fail('idle_timeout_ns', `${idle_timeout_ns} is not from 0 to 2^63-1`);
  }
  if (entry.meter !== undefined && table.direct_meter === undefined) {
    fail('meter', 'the table has no direct meter');
  }
}

type TableUse = 'insert' | 'modify' | 'delete';

/** `use` tells whether an action is needed. Throws EncodingError, or P4InfoMismatchError for an unknown table. */
export function encodeTableEntry(
  schema: P4Schema,
  entry: TableEntry,
  use: TableUse = 'insert',
): WireTableEntry {
  const table = schema.tables.get(entry.table);
  const object = `table ${table.name}`;
  checkWritable(object, table, entry, use);
  const wire = encodeTableKey(schema, entry);
  if (entry.action !== undefined) {
    const role = entry.is_default === true ? 'default' : 'entry';
    wire.action = encodeEntryAction(object, table, entry.action, role);
  }
  wire.idleTimeoutNs = entry.idle_timeout_ns ?? 0n;
  if (entry.metadata !== undefined) wire.metadata = Buffer.from(entry.metadata);
  if (entry.meter !== undefined) wire.meterConfig = encodeMeterConfig(object, entry.meter);
  return wire;
}

/** Canonical whatever the target's form. Throws P4InfoMismatchError. */
export function decodeTableEntry(schema: P4Schema, wire: WireTableEntry): TableEntryState {
  const table = schema.tables.getById(wire.tableId);
  const object = `table ${table.name}`;
  const entry: TableEntryState = { table: table.name, match: decodeMatch(object, table, wire.match) };
  if (wire.priority < 0) {
    throw new P4InfoMismatchError(`${object}: priority: the target sent ${wire.priority}`);
  }
  if (wire.priority !== 0) entry.priority = wire.priority;
  if (wire.isDefaultAction) entry.is_default = true;
  if (wire.action !== undefined) {
    const action = decodeEntryAction(schema, wire.action);
    if (action !== undefined) entry.action = action;
  }
  if (wire.idleTimeoutNs !== 0n) entry.idle_timeout_ns = wire.idleTimeoutNs;
  if (wire.metadata.length > 0) entry.metadata = wire.metadata;
  if (wire.meterConfig !== undefined) entry.meter = decodeMeterConfig(wire.meterConfig);
  if (wire.counterData !== undefined) entry.counter = decodeCounter(wire.counterData);
  if (wire.timeSinceLastHit !== undefined) entry.idle_ns = wire.timeSinceLastHit.elapsedNs;
  if (wire.isConst) entry.is_const = true;
  return entry;
}

/** For messages: table, key and priority. */
export function formatTableKey(entry: TableEntry): string {
  if (entry.is_default === true) return `table ${entry.table} default action`;
  const priority = entry.priority === undefined ? '' : ` priority ${entry.priority}`;
  return `table ${entry.table} ${formatMatch(entry.match)}${priority}`;
}
