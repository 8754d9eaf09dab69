import type { Engine } from '../engine';
import { RowAt, type EntryRows, type RowWriter } from '../tables/entry_rows';
import { failureOf, type EngineFailure } from './engine_calls';

/** Rows between two looks at what else is to be done: some microseconds' worth. */
const ROWS_PER_STEP = 16;

/** A row that could not be done; the others were. */
export interface RowFailure extends EngineFailure {
  row: number;
}

/** Does all rows in turn, also those after a failed one; yields now and then. */
export function* runRows(engine: Engine, rows: EntryRows): Generator<undefined, RowFailure[]> {
  const writers: (RowWriter | undefined)[] = rows.tables.map(() => undefined);
  const { words } = rows;
  const failures: RowFailure[] = [];
  for (let row = 0, at = 0; row < rows.count; row++, at += words[at + RowAt.length] as number) {
    const place = words[at + RowAt.table] as number;
    try {
      const table = rows.tables[place];
      if (table === undefined)
        throw new RangeError(`row ${row} names table ${place} of ${rows.tables.length}`);
      const write = (writers[place] ??= engine.rowWriter(table));
      write(words, at);
    } catch (error) {
      failures.push({ row, ...failureOf(error) });
    }
    if (row % ROWS_PER_STEP === ROWS_PER_STEP - 1) yield undefined;
  }
  return failures;
}
