/** The counters and meters of table entries <-> DirectCounterEntry and DirectMeterEntry. */
import type { DirectCounterEntry, DirectMeterEntry } from 'p4runtime-js';
import { decodeCounter, encodeCounter, type CounterValue } from './counters';
import { EncodingError, P4InfoMismatchError } from './errors';
import { decodeMeterConfig, encodeMeterConfig, type MeterConfig } from './meters';
import type { P4Schema } from './p4info';
import { decodeTableEntry, encodeTableKey, type TableEntry } from './table_entry';

/** The direct counter of a table entry; `entry` needs only its key. */
export interface DirectCounterCell extends CounterValue {
  direct_counter_of: TableEntry;
}

/** The direct meter of a table entry, of which only the key matters. */
export interface DirectMeterCell {
  direct_meter_of: TableEntry;
  config?: MeterConfig;
}

export function encodeDirectCounterCell(schema: P4Schema, cell: DirectCounterCell): DirectCounterEntry {
  const table = schema.tables.get(cell.direct_counter_of.table);
  if (table.direct_counter === undefined) {
    throw new EncodingError(`table ${table.name}`, 'counter', 'the table has no direct counter');
  }
  return {
    tableEntry: encodeTableKey(schema, cell.direct_counter_of),
    data: encodeCounter(cell),
  };
}

export function decodeDirectCounterCell(schema: P4Schema, wire: DirectCounterEntry): DirectCounterCell {
  if (wire.tableEntry === undefined || wire.data === undefined) {
    throw new P4InfoMismatchError('the target sent a direct counter without entry or data');
  }
  return { direct_counter_of: decodeTableEntry(schema, wire.tableEntry), ...decodeCounter(wire.data) };
}

export function encodeDirectMeterCell(schema: P4Schema, cell: DirectMeterCell): DirectMeterEntry {
  const table = schema.tables.get(cell.direct_meter_of.table);
  const object = `table ${table.name}`;
  if (table.direct_meter === undefined)
    throw new EncodingError(object, 'meter', 'the table has no direct meter');
  return {
    tableEntry: encodeTableKey(schema, cell.direct_meter_of),
    config: cell.config && encodeMeterConfig(object, cell.config),
    counterData: undefined,
  };
}

export function decodeDirectMeterCell(schema: P4Schema, wire: DirectMeterEntry): DirectMeterCell {
  if (wire.tableEntry === undefined)
    throw new P4InfoMismatchError('the target sent a direct meter without entry');
  return {
    direct_meter_of: decodeTableEntry(schema, wire.tableEntry),
    ...(wire.config && { config: decodeMeterConfig(wire.config) }),
  };
}
