export interface TrialResult {
  sent: number;
  /** Of those sent, in the end. */
  received: number;
  /** Frames still inside the switch when the last one had been sent. */
  backlog: number;
  duration_s: number;
}

/** One trial: offers `rate_pps` for a while. */
export type Trial = (rate_pps: number) => Promise<TrialResult>;

/**
 * A switch that falls behind fills its queues before it loses a frame: so it must also have kept up, but for this
 * fraction of the frames. That is how much too high a rate found can be.
 */
export const BACKLOG_MAX = 0.05;

export interface RateSearch {
  /** Where to begin; doubled while nothing is lost. If it is too much already, halved until nothing is lost. */
  start_pps: number;
  /** Below this there is no loss-free rate worth a name. */
  min_pps: number;
  max_pps: number;
  /** The search ends when the bracket is this narrow, as a fraction of the rate. */
  precision: number;
  /** A rate counts as loss-free if one of so many trials loses nothing: other work on the machine costs frames too. */
  attempts: number;
}

/**
 * The highest rate, in frames per second actually sent, at which no frame is lost; 0 if even `min_pps` loses.
 * Doubles (or halves) until a rate fails (or passes), then halves the bracket.
 */
export async function highestLossFreeRate(trial: Trial, search: RateSearch): Promise<number> {
  let best_pps = 0;
  const passes = async (rate_pps: number): Promise<boolean> => {
    for (let attempt = 0; attempt < search.attempts; attempt++) {
      const { sent, received, backlog, duration_s } = await trial(rate_pps);
      const achieved_pps = sent / duration_s;
      if (received >= sent && backlog <= BACKLOG_MAX * sent) {
        best_pps = Math.max(best_pps, achieved_pps);
        // A sender that cannot reach the rate says nothing about the switch at that rate.
        if (achieved_pps >= 0.95 * rate_pps) return true;
      }
    }
    return false;
  };

  let low = 0;
  let high = search.start_pps;
  while (high < search.max_pps && (await passes(high))) {
    low = high;
    high *= 2;
  }
  for (let rate = high / 2; low === 0 && rate >= search.min_pps; rate /= 2) {
    if (await passes(rate)) low = rate;
    else high = rate;
  }
  while (low > 0 && high - low > search.precision * high) {
    const middle = (low + high) / 2;
    if (await passes(middle)) low = middle;
    else high = middle;
  }
  return Math.round(best_pps);
}
