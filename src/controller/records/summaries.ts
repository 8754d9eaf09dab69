/** Load and response times of every interval, one summary after the other. */
import type { Clock, Timer } from '../clock';
import { loadBetween, type Load } from '../load/load';
import type { LoadSnapshot } from '../load/snapshot';
import { Tally } from '../tally';

/** The load of one interval; `time` is its end: ISO 8601, UTC. */
export interface Summary extends Load {
  time: string;
}

export class Summaries {
  readonly counts = new Tally(['summaries_written', 'summaries_failed']);
  #before: LoadSnapshot | undefined;
  #timer: Timer | undefined;
  /** Grows with every start and stop, so that a reading begun before can tell. */
  #run = 0;

  constructor(
    private readonly clock: Clock,
    private readonly interval_ms: number,
    private readonly read: () => Promise<LoadSnapshot>,
    private readonly onSummary: (load: Load) => void,
  ) {}

  /** From what the switch has counted now. */
  start(): void {
    this.stop();
    const run = this.#run;
    this.#timer = this.clock.after(0, () => void this.#look(run));
  }

  /** What has been counted since the last summary is in none. */
  stop(): void {
    this.#run += 1;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#before = undefined;
  }

  /** A reading that takes longer than the interval is followed by the next at once. */
  async #look(run: number): Promise<void> {
    const begun_ms = this.clock.now_ms();
    try {
      const now = await this.read();
      if (run !== this.#run) return;
      if (this.#before !== undefined) {
        this.onSummary(loadBetween(this.#before, now));
        this.counts.add('summaries_written');
      }
      this.#before = now;
    } catch {
      // The switch is away, which is told elsewhere; the next summary covers this interval too.
      this.counts.add('summaries_failed');
    }
    if (run !== this.#run) return;
    const wait_ms = Math.max(0, begun_ms + this.interval_ms - this.clock.now_ms());
    this.#timer = this.clock.after(wait_ms, () => void this.#look(run));
  }
}
