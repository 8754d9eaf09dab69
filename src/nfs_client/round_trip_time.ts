/** How long to wait for a reply before a request is sent again (RFC 6298), learned from replies. */
export interface RetransmitBounds {
  retransmit_ms_initial: number;
  retransmit_ms_min: number;
  retransmit_ms_max: number;
}

const SMOOTHING = 1 / 8;
const VARIATION_SMOOTHING = 1 / 4;
const VARIATIONS = 4;

export class RoundTripTime {
  #smoothed_ms: number | undefined;
  #variation_ms = 0;
  /** By how much timeouts are longer while no reply tells more (Karn's algorithm, second half). */
  #backoff = 1;

  constructor(private readonly bounds: RetransmitBounds) {}

  /** Undefined before the first reply. */
  get smoothed_ms(): number | undefined {
    return this.#smoothed_ms;
  }

  /** A reply to a request that was sent once: of others nobody knows which transmission it answers (Karn's algorithm). */
  sample(time_ms: number): void {
    const smoothed_ms = this.#smoothed_ms;
    if (smoothed_ms === undefined) {
      this.#smoothed_ms = time_ms;
      this.#variation_ms = time_ms / 2;
    } else {
      const difference_ms = Math.abs(smoothed_ms - time_ms);
      this.#variation_ms += (difference_ms - this.#variation_ms) * VARIATION_SMOOTHING;
      this.#smoothed_ms = smoothed_ms + (time_ms - smoothed_ms) * SMOOTHING;
    }
    this.#backoff = 1;
  }

  /** A request was not answered in time after so many transmissions; that several were not is no more than that one was not. */
  timedOut(transmissions: number): void {
    if (this.timeout_ms(transmissions) < this.bounds.retransmit_ms_max) {
      this.#backoff = Math.max(this.#backoff, 2 ** transmissions);
    }
  }

  /** After so many transmissions of a request: twice as long each time. */
  timeout_ms(transmissions: number): number {
    const { retransmit_ms_initial, retransmit_ms_min, retransmit_ms_max } = this.bounds;
    const learned_ms =
      this.#smoothed_ms === undefined
        ? retransmit_ms_initial
        : Math.max(retransmit_ms_min, this.#smoothed_ms + VARIATIONS * this.#variation_ms);
    return Math.min(retransmit_ms_max, learned_ms * Math.max(this.#backoff, 2 ** (transmissions - 1)));
  }
}
