import type { Entity, Meter, MeterEntry, Update_Type } from 'p4runtime-js';
import { outcomeValue, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { found, idOf, nameOf } from '../p4info';
import type { Pipeline } from '../pipeline';
import { cellIndices, cellPieces } from './cell_index';
import { clearsCounters, decodeMeterConfig, encodeMeterConfig, encodeMeterCounters } from './meter_config';
import { requireModify, type PreparedUpdate } from './prepared';

export function prepareMeterEntry(pipeline: Pipeline, type: Update_Type, entry: MeterEntry): PreparedUpdate {
  requireModify(type, 'a meter');
  const meter = found(pipeline.info.meters, 'meter', entry.meterId);
  const name = nameOf(meter);
  const config = decodeMeterConfig(meter, entry.config);
  const clears = clearsCounters(meter, entry.counterData);
  const calls: EngineCall[] = [];
  for (const index of cellIndices(`meter ${name}`, Number(meter.size), entry.index)) {
    calls.push({ method: 'writeMeter', args: [name, index, config] });
    if (clears) calls.push({ method: 'clearMeterCounters', args: [name, index] });
  }
  return { calls };
}

export async function* readMeterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: MeterEntry,
): AsyncGenerator<Entity[]> {
  const { meters } = pipeline.info;
  const wanted = request.meterId === 0 ? [...meters.values()] : [found(meters, 'meter', request.meterId)];
  const with_counters = request.counterData !== undefined;
  for (const meter of wanted) {
    const index = request.meterId === 0 ? undefined : request.index;
    for (const piece of cellPieces(`meter ${nameOf(meter)}`, Number(meter.size), index))
      yield await readCells(dataplane, meter, piece, with_counters);
  }
}

async function readCells(
  dataplane: Dataplane,
  meter: Meter,
  indices: number[],
  with_counters: boolean,
): Promise<Entity[]> {
  const name = nameOf(meter);
  const outcomes = await dataplane.batch(
    indices.map((index) => ({ method: 'readMeter', args: [name, index] })),
  );
  return outcomes.map((outcome, i) => {
    const { config, counters } = outcomeValue<'readMeter'>(outcome);
    return {
      entity: {
        $case: 'meterEntry',
        value: {
          meterId: idOf('meter', meter),
          index: { index: BigInt(indices[i] ?? 0) },
          config: encodeMeterConfig(config),
          counterData: with_counters ? encodeMeterCounters(counters) : undefined,
        },
      },
    };
  });
}
