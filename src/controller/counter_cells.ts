/** Reads cells of the switch's counters. */
import type { CounterCell } from '../p4runtime';

/** As many as one request asks for, so that writes to the switch need not wait for all. */
const CELLS_MAX = 2048;

export interface CounterSource {
  readCounterCells(counter: string, indices: readonly number[]): AsyncIterable<CounterCell>;
}

/** Packets that each cell has counted, by index. Rejects as reads of `source` do. */
export async function readCells(
  source: CounterSource,
  counter: string,
  indices: readonly number[],
): Promise<Map<number, number>> {
  const cells = new Map<number, number>();
  for (let from = 0; from < indices.length; from += CELLS_MAX) {
    const some = indices.slice(from, from + CELLS_MAX);
    for await (const { index, packets } of source.readCounterCells(counter, some)) {
      cells.set(index, Number(packets));
    }
  }
  return cells;
}
