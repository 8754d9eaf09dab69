import { highestLossFreeRate, type RateSearch, type Trial } from './rate_search';
import { median } from '../statistics';

/** What is measured in turn, so that a machine that slows down slows all. */
export interface Subject<Measured extends { rate_pps: number }> {
  name: string;
  /** One round; `search` finds the highest loss-free rate, and starts near that of the rounds before. */
  measure: (search: (trial: Trial) => Promise<number>) => Promise<Measured>;
}

/** The measurements of each subject, by name, in order of rounds. */
export async function inTurn<Measured extends { rate_pps: number }>(
  subjects: readonly Subject<Measured>[],
  rounds: number,
  search: RateSearch,
  progress: (line: string) => void,
): Promise<Map<string, Measured[]>> {
  const all = new Map(subjects.map(({ name }): [string, Measured[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, measure } of subjects) {
      const earlier = all.get(name) ?? [];
      // Only where the search begins: it goes on upwards, or downwards, from there.
      const start_pps = (median(earlier.map(({ rate_pps }) => rate_pps)) ?? 0) / 2 || search.start_pps;
      const measured = await measure((trial) => highestLossFreeRate(trial, { ...search, start_pps }));
      earlier.push(measured);
      progress(`round ${round} of ${rounds}: ${name} ${measured.rate_pps} frames/s without loss`);
    }
  }
  return all;
}
