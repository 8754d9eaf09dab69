/**
 * When to send a call again: smoothed round-trip times as of TCP (RFC 6298), one estimate for each kind of procedure
 * whose times are alike. Samples of calls that were sent again are not taken: nobody knows which copy was answered. So
 * waits that were too short stay doubled until a call is answered that was sent once (Karn's algorithm).
 */

/** `none`: calls of which there are too few for an estimate; they wait `initial_ms`. `change`: of names or attributes. */
export type TimerClass = 'none' | 'attributes' | 'lookup' | 'read' | 'write' | 'change' | 'commit';

export interface RetransmissionTimes {
  /** The first wait where nothing is known yet. */
  initial_ms: number;
  /** A shorter wait than this is never worth it. */
  min_ms: number;
  /** Waits double up to this. */
  max_ms: number;
}

interface Estimate {
  smoothed_ms: number;
  deviation_ms: number;
  /** By how much waits are longer until the next sample. */
  backoff: number;
}

export class RoundTripTimes {
  private readonly estimates = new Map<TimerClass, Estimate>();

  constructor(private readonly times: RetransmissionTimes) {}

  sample(timer: TimerClass, elapsed_ms: number): void {
    if (timer === 'none') return;
    const estimate = this.estimates.get(timer);
    if (estimate === undefined) {
      this.estimates.set(timer, { smoothed_ms: elapsed_ms, deviation_ms: elapsed_ms / 2, backoff: 1 });
      return;
    }
    estimate.deviation_ms += (Math.abs(elapsed_ms - estimate.smoothed_ms) - estimate.deviation_ms) / 4;
    estimate.smoothed_ms += (elapsed_ms - estimate.smoothed_ms) / 8;
    estimate.backoff = 1;
  }

  /** A call was not answered in time after so many transmissions. */
  timedOut(timer: TimerClass, transmissions: number): void {
    const estimate = this.estimates.get(timer);
    if (estimate === undefined || this.wait_ms(timer, transmissions) >= this.times.max_ms) return;
    estimate.backoff = Math.max(estimate.backoff, 2 ** transmissions);
  }

  /** How long to wait for an answer to the copy number `transmission` (from 1) of a call. */
  wait_ms(timer: TimerClass, transmission: number): number {
    const estimate = this.estimates.get(timer);
    const { initial_ms, min_ms, max_ms } = this.times;
    const first_ms = estimate ? estimate.smoothed_ms + 4 * estimate.deviation_ms : initial_ms;
    const doubled = 2 ** Math.min(transmission - 1, 16);
    return Math.min(max_ms, Math.max(min_ms, first_ms) * Math.max(estimate?.backoff ?? 1, doubled));
  }
}
