/** When to send a call again: one estimate for each kind of procedure whose times are alike. */
import { RoundTripTime, type RetransmitBounds } from './round_trip_time';

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

export class RoundTripTimes {
  private readonly bounds: RetransmitBounds;
  private readonly unknown: RoundTripTime;
  private readonly estimates = new Map<TimerClass, RoundTripTime>();

  constructor({ initial_ms, min_ms, max_ms }: RetransmissionTimes) {
    this.bounds = {
      retransmit_ms_initial: Math.max(min_ms, initial_ms),
      retransmit_ms_min: min_ms,
      retransmit_ms_max: max_ms,
    };
    this.unknown = new RoundTripTime(this.bounds);
  }

  /** A call that was sent once has been answered. */
  sample(timer: TimerClass, elapsed_ms: number): void {
    if (timer === 'none') return;
    const estimate = this.estimates.get(timer) ?? new RoundTripTime(this.bounds);
    estimate.sample(elapsed_ms);
    this.estimates.set(timer, estimate);
  }

  /** A call was not answered in time after so many transmissions. */
  timedOut(timer: TimerClass, transmissions: number): void {
    this.estimates.get(timer)?.timedOut(transmissions);
  }

  /** How long to wait for an answer to the copy number `transmission` (from 1) of a call. */
  wait_ms(timer: TimerClass, transmission: number): number {
    return (this.estimates.get(timer) ?? this.unknown).timeout_ms(transmission);
  }
}
