import {
  type DirectMeter,
  type DirectMeterEntry,
  type Entity,
  TableEntry,
  type Update_Type,
} from 'p4runtime-js';
import type { Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import type { TableSpec } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { clearsCounters, decodeMeterConfig } from './meter_config';
import { requireModify, type PreparedUpdate } from './prepared';
import { decodeEntryKey, emptyEntry, readTableEntries } from './table_entry';

export function prepareDirectMeterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: DirectMeterEntry,
): PreparedUpdate {
  requireModify(type, 'a direct meter');
  const table_entry = requireTableEntry(entry);
  const { table, meter } = meteredTable(pipeline, table_entry);
  if (table_entry.isDefaultAction) {
    throw new RpcError('UNIMPLEMENTED', `table ${table.name}: the default entry is not metered`);
  }
  const key = decodeEntryKey(table, table_entry);
  const config = decodeMeterConfig(meter, entry.config);
  const calls: EngineCall[] = [{ method: 'writeDirectMeter', args: [table.name, key, config] }];
  if (clearsCounters(meter, entry.counterData))
    calls.push({ method: 'clearDirectMeterCounters', args: [table.name, key] });
  return { calls };
}

export async function* readDirectMeterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: DirectMeterEntry,
): AsyncGenerator<Entity[]> {
  const table_entry = requireTableEntry(request);
  const tables =
    table_entry.tableId === 0
      ? [...pipeline.info.tables.values()].filter((table) => table.direct_meter !== undefined)
      : [meteredTable(pipeline, table_entry).table];
  for (const table of tables) {
    const { match, priority, isDefaultAction } = table_entry;
    const wanted: TableEntry = {
      ...emptyEntry(table.id),
      match,
      priority,
      isDefaultAction,
      meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n, eburst: 0n },
      meterCounterData: request.counterData,
    };
    let count = 0;
    for await (const entities of readTableEntries(pipeline, dataplane, wanted)) {
      count += entities.length;
      yield entities.map(asDirectMeter);
    }
    if (table_entry.match.length > 0 && count === 0)
      throw new RpcError('NOT_FOUND', `table ${table.name}: no such entry`);
  }
}

function asDirectMeter({ entity }: Entity): Entity {
  if (entity?.$case !== 'tableEntry') throw new RpcError('INTERNAL', 'a table read gave something else');
  const { tableId, match, priority, isDefaultAction, meterConfig, meterCounterData } = entity.value;
  const tableEntry = TableEntry.fromPartial({ tableId, match, priority, isDefaultAction });
  const value = { tableEntry, config: meterConfig, counterData: meterCounterData };
  return { entity: { $case: 'directMeterEntry', value } };
}

function requireTableEntry(entry: DirectMeterEntry): TableEntry {
  if (entry.tableEntry === undefined) {
    throw new RpcError('INVALID_ARGUMENT', 'direct_meter_entry.table_entry is not set');
  }
  return entry.tableEntry;
}

function meteredTable(pipeline: Pipeline, entry: TableEntry): { table: TableSpec; meter: DirectMeter } {
  const table = pipeline.info.table(entry.tableId);
  if (table.direct_meter === undefined) {
    throw new RpcError('INVALID_ARGUMENT', `table ${table.name} has no direct meter`);
  }
  return { table, meter: table.direct_meter };
}
