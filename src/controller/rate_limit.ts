/** So many events per second and no more; those of one second may come at once (a token bucket). */
import type { Clock } from './clock';

export class RateLimit {
  #left: number;
  #filled_ms: number;

  constructor(
    private readonly per_second: number,
    private readonly clock: Clock,
  ) {
    this.#left = per_second;
    this.#filled_ms = clock.now_ms();
  }

  /** False if the event is one too many. */
  take(): boolean {
    const now_ms = this.clock.now_ms();
    const earned = ((now_ms - this.#filled_ms) / 1000) * this.per_second;
    this.#left = Math.min(this.per_second, this.#left + earned);
    this.#filled_ms = now_ms;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
