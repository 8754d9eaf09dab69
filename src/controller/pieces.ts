/** Long loops cut in pieces, so that frames, timers and the death of a store do not wait for their end. */
import { setImmediate } from 'node:timers/promises';

/** A few milliseconds' worth of table entries. */
const PIECE_ITEMS = 256;

/** The items; after each piece whatever else waits in this process has its turn. */
export async function* inPieces<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    count += 1;
    if (count % PIECE_ITEMS === 0) await setImmediate();
  }
}
