import { type DirectMeterEntry, type Entity, type Update_Type } from 'p4runtime-js';
import type { Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { keyOf, readDirectEntries, requireTableEntry, tableWith } from './direct_entry';
import { clearsCounters, decodeMeterConfig } from './meter_config';
import { requireModify, type PreparedUpdate } from './prepared';
import { decodeEntryKey } from './table_entry';

export function prepareDirectMeterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: DirectMeterEntry,
): PreparedUpdate {
  requireModify(type, 'a direct meter');
  const table_entry = requireTableEntry('meter', entry);
  const table = tableWith('meter', pipeline, table_entry);
  const meter = table.direct_meter;
  if (meter === undefined) throw new RpcError('INTERNAL', `table ${table.name} has no direct meter`);
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
  const wanted = requireTableEntry('meter', request);
  const asked = {
    meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n, eburst: 0n },
    meterCounterData: request.counterData,
  };
  for await (const entries of readDirectEntries('meter', pipeline, dataplane, wanted, asked))
    yield entries.map((entry): Entity => {
      const value = {
        tableEntry: keyOf(entry),
        config: entry.meterConfig,
        counterData: entry.meterCounterData,
      };
      return { entity: { $case: 'directMeterEntry', value } };
    });
}
