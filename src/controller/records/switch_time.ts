/**
 * What time it is where the switch says when a frame arrived, as its clock starts anywhere. A frame takes a while from
 * the switch to here, but the fastest of many takes next to none: so the smallest difference of the clocks counts. Of
 * the last one or two minutes, as the clocks drift.
 */
const WINDOW_US = 60_000_000;

export class SwitchTime {
  #window: { since_us: number; least_us: number } | undefined;
  #before_us = Infinity;

  /** `now_us`: since 1970-01-01 UTC, in microseconds. */
  constructor(private readonly now_us: () => number) {}

  /** A frame that arrived at the switch at `time_us` has just arrived here; gives when that was, by our clock. */
  heard(time_us: number): number {
    const now_us = this.now_us();
    const offset_us = now_us - time_us;
    if (this.#window === undefined || Math.abs(now_us - this.#window.since_us) > WINDOW_US) {
      // After a long silence, what was before says nothing.
      const is_next = this.#window !== undefined && now_us - this.#window.since_us < 2 * WINDOW_US;
      this.#before_us = is_next && this.#window !== undefined ? this.#window.least_us : Infinity;
      this.#window = { since_us: now_us, least_us: offset_us };
    }
    this.#window.least_us = Math.min(this.#window.least_us, offset_us);
    return time_us + Math.min(this.#before_us, this.#window.least_us);
  }

  /** It may be another switch from now on, or one that began anew. */
  forget(): void {
    this.#window = undefined;
    this.#before_us = Infinity;
  }
}
