import { WORKLOADS } from '../../sim';
import type { Benchmark, Report } from '../report';
import {
  judge,
  LIMIT_FACTOR,
  limitOf,
  loadAgainstRandom,
  loadWithin,
  curveOf,
  p99AgainstIdeal,
} from './figures';
import { DELAY_US, measure, SERVICE_US, storesOf, SUBJECTS, type Measured, type Point } from './measure';
import { plot } from './plot';

/** Loads shown in the table. */
const SHOWN = [0.5, 0.8, 0.9];
const HEADLINE = ['8 equal', '64 equal'];

function report(measured: Measured): Report {
  const stores = storesOf(false).map(({ name }) => name);
  const unequal = stores.filter((name) => !HEADLINE.includes(name));
  const figures = Object.fromEntries(
    WORKLOADS.map(({ name }) => [
      name,
      {
        ...judge(measured, name, HEADLINE),
        p99_vs_ideal_at_80_unequal: judge(measured, name, unequal).p99_vs_ideal_at_80,
        p99_limit: Number(limitOf(measured, name).toFixed(2)),
      },
    ]),
  );
  return {
    figures,
    head: [
      'workload',
      'stores',
      'balancing',
      ...SHOWN.map((load) => `${100 * load} %: p50 / p99 / p99.9`),
      'p99 / ideal at 80 %',
      'load within limit',
      '/ random',
    ],
    rows: WORKLOADS.flatMap(({ name }) =>
      stores.flatMap((one) => SUBJECTS.map((subject) => row(measured, name, one, subject))),
    ),
    notes: [
      `storeswitch.p4 under a driven clock; Poisson arrivals; stores with one worker each, first come first served; unequal: every other store twice as fast, and its weight says so`,
      `response times in units of the mean service time, ${SERVICE_US} µs, from the switch and back, ${DELAY_US} µs each way included`,
      `load within limit: at which the p99 is ${LIMIT_FACTOR} x that of the service times alone (at a store of mean speed)`,
      ...WORKLOADS.map(({ name, description }) => `${name}: ${description}`),
      `JSON: of the best policy, the worse of ${HEADLINE.join(' and ')} stores`,
    ],
    plot: plot(measured, HEADLINE),
  };
}

function row(measured: Measured, workload: string, stores: string, subject: string): string[] {
  const curve = curveOf(measured, workload, stores, subject);
  const shown = ({ p50, p99, p999 }: Point) => [p50, p99, p999].map((value) => value.toFixed(1)).join(' / ');
  const within = loadWithin(curve, limitOf(measured, workload));
  return [
    workload,
    stores,
    subject,
    ...SHOWN.map((load) =>
      curve
        .filter((point) => point.load === load)
        .map(shown)
        .join(''),
    ),
    String(p99AgainstIdeal(measured, workload, stores, subject) ?? ''),
    within?.toFixed(2) ?? 'none',
    String(loadAgainstRandom(measured, workload, stores, subject) ?? ''),
  ];
}

export const policyBenchmark: Benchmark = {
  name: 'policy',
  description: 'response times against load of every balancing policy, storeswitch.p4 in simulated time',
  run: async (progress, signal, { full }) => report(await measure(full, progress, signal)),
};
