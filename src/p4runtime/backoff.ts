/** Exponential back-off with jitter, so that controllers that lost one switch together do not return together. */

export interface BackoffOptions {
  initial_ms: number;
  max_ms: number;
  /** Factor from one delay to the next. */
  factor: number;
  /** Share of a delay that is random, 0 to 1: 0.2 spreads it by 20 % either way. */
  jitter: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { initial_ms: 100, max_ms: 5_000, factor: 1.6, jitter: 0.2 };

export class Backoff {
  #next_ms: number;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number = Math.random,
  ) {
    this.#next_ms = options.initial_ms;
  }

  /** Delay before the next attempt; never above `max_ms` times 1 + jitter. */
  nextDelay_ms(): number {
    const { max_ms, factor, jitter } = this.options;
    const delay_ms = Math.min(this.#next_ms, max_ms);
    this.#next_ms = Math.min(this.#next_ms * factor, max_ms);
    return delay_ms * (1 + jitter * (2 * this.random() - 1));
  }

  /** After a success. */
  reset(): void {
    this.#next_ms = this.options.initial_ms;
  }
}
