import { type TableEntryState } from '../engine';
import { engineCall, outcomeValue, type Dataplane } from './dataplane';
import type { EngineCall, EngineOutcome } from './engine_calls';

/** Of one call: packets are served between calls. */
const ROWS_PER_CALL = 32;
/** Rows that are asked for together. */
const ROWS_PER_PIECE = 512;

/**
 * The entries of a table in pieces, each asked for while the one before is used. Writes in between are done: what they add
 * or delete may be missing or not, and all other entries come once. Whoever begins must end it (`return`).
 */
export async function* readTable(
  dataplane: Dataplane,
  table: string,
): AsyncGenerator<TableEntryState[], void> {
  const { read_id, first, end } = await engineCall<'openRead'>(dataplane, {
    method: 'openRead',
    args: [table],
  });
  const ask = (from: number): Promise<EngineOutcome[]> => {
    const calls: EngineCall[] = [];
    for (let at = from; at < Math.min(end, from + ROWS_PER_PIECE); at += ROWS_PER_CALL)
      calls.push({ method: 'readRows', args: [read_id, at, Math.min(end, at + ROWS_PER_CALL)] });
    const asked = dataplane.batch(calls);
    // Whoever waits for it hears of an error; if nobody does any more, nobody has to.
    asked.catch(() => undefined);
    return asked;
  };
  try {
    let asked = first < end ? ask(first) : undefined;
    for (let next = first + ROWS_PER_PIECE; asked !== undefined; next += ROWS_PER_PIECE) {
      const outcomes = await asked;
      asked = next < end ? ask(next) : undefined;
      yield outcomes.flatMap((outcome) => outcomeValue<'readRows'>(outcome));
    }
  } finally {
    await engineCall<'closeRead'>(dataplane, { method: 'closeRead', args: [read_id] });
  }
}
