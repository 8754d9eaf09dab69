/**
 * How much may be under way to a service's stores at once. UDP has no flow control, and a store's socket buffer holds a few
 * large WRITEs only: so the window grows while replies come, by one unit for each window's worth once it was too large, and is
 * halved when one does not come, as TCP does it (RFC 5681).
 *
 * What was not answered in time is taken as lost: it is not under way any more. So requests at a store that is gone do not
 * keep others from the stores that live.
 */
const UNIT_OCTETS = 1024;
const UNITS_INITIAL = 128;
const UNITS_MIN = 64;
const UNITS_MAX = 16_384;

export class SendWindow {
  #limit = UNITS_INITIAL;
  #threshold = Infinity;
  #under_way = 0;
  #cut_ms = -Infinity;

  /** Units that a request of so many octets counts. */
  static cost(octets: number): number {
    return 1 + Math.floor(octets / UNIT_OCTETS);
  }

  get limit(): number {
    return this.#limit;
  }

  get under_way(): number {
    return this.#under_way;
  }

  /** Whether a request may leave; then it is under way. One always may. */
  admit(cost: number): boolean {
    if (this.#under_way > 0 && this.#under_way + cost > this.#limit) return false;
    this.#under_way += cost;
    return true;
  }

  answered(cost: number): void {
    // A window that is not used says nothing about what the way would bear.
    const is_used = this.#under_way * 2 >= this.#limit;
    this.#under_way -= cost;
    if (!is_used) return;
    const growth = this.#limit < this.#threshold ? cost : cost / this.#limit;
    this.#limit = Math.min(UNITS_MAX, this.#limit + growth);
  }

  /** What is lost within `together_ms` is one event. */
  lost(cost: number, now_ms: number, together_ms: number): void {
    this.#under_way -= cost;
    if (now_ms - this.#cut_ms < together_ms) return;
    this.#cut_ms = now_ms;
    this.#limit = Math.max(UNITS_MIN, this.#limit / 2);
    this.#threshold = this.#limit;
  }

  /** Nobody waits for it any more. */
  cancelled(cost: number): void {
    this.#under_way -= cost;
  }
}
