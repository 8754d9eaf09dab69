/** One trial: offers `rate_pps` for a while, resolves to the frames sent and how many of them arrived. */
export type Trial = (rate_pps: number) => Promise<{ sent: number; received: number; duration_s: number }>;

export interface RateSearch {
  /** Where to begin; doubled while nothing is lost. */
  start_pps: number;
  max_pps: number;
  /** The search ends when the bracket is this narrow, as a fraction of the rate. */
  precision: number;
  /** A rate counts as loss-free if one of so many trials loses nothing: other work on the machine costs frames too. */
  attempts: number;
}

/**
 * The highest rate, in frames per second actually sent, at which no frame is lost; 0 if even the first rate loses.
 * Doubles until a rate fails, then halves the bracket.
 */
export async function highestLossFreeRate(trial: Trial, search: RateSearch): Promise<number> {
  let best_pps = 0;
  const passes = async (rate_pps: number): Promise<boolean> => {
    for (let attempt = 0; attempt < search.attempts; attempt++) {
      const { sent, received, duration_s } = await trial(rate_pps);
      const achieved_pps = sent / duration_s;
      // A sender that cannot reach the rate says nothing about the switch at that rate.
      if (received >= sent) {
        best_pps = Math.max(best_pps, achieved_pps);
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
  while (low > 0 && high - low > search.precision * high) {
    const middle = (low + high) / 2;
    if (await passes(middle)) low = middle;
    else high = middle;
  }
  return Math.round(best_pps);
}
