/** What the points say in a few numbers. */
import { ratio } from '../statistics';
import { IDEAL, LOAD_COMPARED, POLICIES, type Measured, type Point } from './measure';

/** The limit of the p99, in multiples of the p99 that the work alone has: a busy service may take twice its time. */
export const LIMIT_FACTOR = 2;

/** Points of one subject by load. */
export type Curve = readonly Pick<Point, 'load' | 'p99'>[];

/**
 * The highest load whose p99 is within `limit`, between two measured loads by linear interpolation of the p99's
 * logarithm. null: no measured load is within it.
 */
export function loadWithin(curve: Curve, limit: number): number | null {
  const sorted = [...curve].sort((a, b) => a.load - b.load);
  const beyond = sorted.findIndex(({ p99 }) => p99 > limit);
  const last = sorted.at(beyond === -1 ? -1 : beyond - 1);
  if (last === undefined || beyond === 0) return null;
  const next = sorted[beyond];
  if (next === undefined) return last.load;
  const share = Math.log(limit / last.p99) / Math.log(next.p99 / last.p99);
  return last.load + share * (next.load - last.load);
}

/** In the order of their loads. */
export function curveOf({ points }: Measured, workload: string, stores: string, subject: string): Point[] {
  return points
    .filter((one) => one.workload === workload && one.stores === stores && one.subject === subject)
    .sort((a, b) => a.load - b.load);
}

export function limitOf({ service_p99 }: Measured, workload: string): number {
  return LIMIT_FACTOR * (service_p99.get(workload) ?? NaN);
}

export function p99AgainstIdeal(
  measured: Measured,
  workload: string,
  stores: string,
  subject: string,
): number | null {
  const p99 = (of: string) =>
    curveOf(measured, workload, stores, of).find(({ load }) => load === LOAD_COMPARED)?.p99 ?? null;
  return ratio(p99(subject), p99(IDEAL));
}

export function loadAgainstRandom(
  measured: Measured,
  workload: string,
  stores: string,
  subject: string,
): number | null {
  const load = (of: string) =>
    loadWithin(curveOf(measured, workload, stores, of), limitOf(measured, workload));
  return ratio(load(subject), load('random'));
}

export interface Judgement {
  best_policy: string;
  p99_vs_ideal_at_80: number | null;
  load_vs_random_at_p99: number | null;
}

/** Of the best policy, where it does worst among `stores`. */
export function judge(measured: Measured, workload: string, stores: readonly string[]): Judgement {
  const worst = (policy: string) =>
    Math.max(...stores.map((one) => p99AgainstIdeal(measured, workload, one, policy) ?? Infinity));
  const best_policy = POLICIES.reduce((best, next) => (worst(next) < worst(best) ? next : best));
  const loads = stores.map((one) => loadAgainstRandom(measured, workload, one, best_policy));
  return {
    best_policy,
    p99_vs_ideal_at_80: worst(best_policy),
    load_vs_random_at_p99: loads.reduce((least, next) =>
      least === null || next === null ? null : Math.min(least, next),
    ),
  };
}
