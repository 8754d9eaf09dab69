/** A controller that ends leaves in the switch what it knows: what it has not written by then, the next one never learns. */
import type { Clock } from './clock';
import type { TableWriter } from './table_writer';
import type { Virtualizer } from './virtualizer';

/** As long as 50,000 sessions that begin together take to be pinned, and no longer: whoever ends the controller waits for it. */
const LAST_WRITES_MS = 5_000;

/**
 * Says what is to be said, until the switch has been told all of it, which more may come to meanwhile; or writing is interrupted;
 * or it takes too long. What is said after that is lost.
 */
export async function writeLast(
  virtualizer: Pick<Virtualizer, 'flush' | 'is_flushed'>,
  writer: Pick<TableWriter, 'settled'>,
  clock: Clock,
): Promise<void> {
  let is_late = false;
  let giveUp = (): void => undefined;
  const late = new Promise<void>((resolve) => (giveUp = resolve));
  const timer = clock.after(LAST_WRITES_MS, () => {
    is_late = true;
    giveUp();
  });
  do {
    virtualizer.flush();
    await Promise.race([writer.settled(), late]);
  } while (!virtualizer.is_flushed && !is_late);
  timer.cancel();
}
