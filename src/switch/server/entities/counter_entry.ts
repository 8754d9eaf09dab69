import type { Counter, CounterEntry, Entity, Update_Type } from 'p4runtime-js';
import { outcomeValue, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { found, idOf, nameOf } from '../p4info';
import type { Pipeline } from '../pipeline';
import { decodeCounterData, encodeCounterData } from './counter_data';
import { cellIndices, cellPieces } from './cell_index';
import { requireModify, type PreparedUpdate } from './prepared';

export function prepareCounterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: CounterEntry,
): PreparedUpdate {
  requireModify(type, 'a counter');
  const counter = found(pipeline.info.counters, 'counter', entry.counterId);
  const name = nameOf(counter);
  const indices = cellIndices(`counter ${name}`, Number(counter.size), entry.index);
  if (entry.data === undefined) return { calls: [] };
  const value = decodeCounterData(entry.data);
  return {
    calls: Array.from(indices, (index): EngineCall => ({
      method: 'writeCounter',
      args: [name, index, value],
    })),
  };
}

export async function* readCounterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: CounterEntry,
): AsyncGenerator<Entity[]> {
  const { counters } = pipeline.info;
  const wanted =
    request.counterId === 0 ? [...counters.values()] : [found(counters, 'counter', request.counterId)];
  for (const counter of wanted) {
    const index = request.counterId === 0 ? undefined : request.index;
    for (const piece of cellPieces(`counter ${nameOf(counter)}`, Number(counter.size), index))
      yield await readCells(dataplane, counter, piece);
  }
}

async function readCells(dataplane: Dataplane, counter: Counter, indices: number[]): Promise<Entity[]> {
  const name = nameOf(counter);
  const outcomes = await dataplane.batch(
    indices.map((index) => ({ method: 'readCounter', args: [name, index] })),
  );
  return outcomes.map((outcome, i) => ({
    entity: {
      $case: 'counterEntry',
      value: {
        counterId: idOf('counter', counter),
        index: { index: BigInt(indices[i] ?? 0) },
        data: encodeCounterData(counter, outcomeValue<'readCounter'>(outcome)),
      },
    },
  }));
}
