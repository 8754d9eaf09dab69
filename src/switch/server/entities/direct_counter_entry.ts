import { type DirectCounterEntry, type Entity, TableEntry, type Update_Type } from 'p4runtime-js';
import type { Dataplane } from '../../worker/dataplane';
import type { TableSpec } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { decodeCounterData } from './counter_data';
import { requireModify, type PreparedUpdate } from './prepared';
import { decodeEntryKey, emptyEntry, readTableEntries } from './table_entry';

export function prepareDirectCounterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: DirectCounterEntry,
): PreparedUpdate {
  requireModify(type, 'a direct counter');
  const table_entry = requireTableEntry(entry);
  const table = tableWithCounter(pipeline, table_entry);
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
  const table_entry = requireTableEntry(request);
  const tables =
    table_entry.tableId === 0
      ? [...pipeline.info.tables.values()].filter((table) => table.direct_counter !== undefined)
      : [tableWithCounter(pipeline, table_entry)];
  const wanted_one = table_entry.match.length > 0;
  for (const table of tables) {
    const { match, priority, isDefaultAction } = table_entry;
    const wanted: TableEntry = {
      ...emptyEntry(table.id),
      match,
      priority,
      isDefaultAction,
      counterData: { byteCount: 0n, packetCount: 0n },
    };
    let count = 0;
    for await (const entities of readTableEntries(pipeline, dataplane, wanted)) {
      count += entities.length;
      yield entities.map(asDirectCounter);
    }
    if (wanted_one && count === 0) throw new RpcError('NOT_FOUND', `table ${table.name}: no such entry`);
  }
}

function asDirectCounter({ entity }: Entity): Entity {
  if (entity?.$case !== 'tableEntry') throw new RpcError('INTERNAL', 'a table read gave something else');
  const { tableId, match, priority, isDefaultAction, counterData } = entity.value;
  const tableEntry = TableEntry.fromPartial({ tableId, match, priority, isDefaultAction });
  return { entity: { $case: 'directCounterEntry', value: { tableEntry, data: counterData } } };
}

function requireTableEntry(entry: DirectCounterEntry): TableEntry {
  if (entry.tableEntry === undefined) {
    throw new RpcError('INVALID_ARGUMENT', 'direct_counter_entry.table_entry is not set');
  }
  return entry.tableEntry;
}

function tableWithCounter(pipeline: Pipeline, entry: TableEntry): TableSpec {
  const table = pipeline.info.table(entry.tableId);
  if (table.direct_counter === undefined) {
    throw new RpcError('INVALID_ARGUMENT', `table ${table.name} has no direct counter`);
  }
  return table;
}
