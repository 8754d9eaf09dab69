import { setImmediate } from 'node:timers/promises';
import { runAffinity, type AffinityCounts, type AffinityOptions } from '../../sim';
import type { Benchmark, Report } from '../report';

const RUN: Omit<AffinityOptions, 'virtualizers'> = {
  seed: 1,
  stores: 6,
  duration_s: 120,
  requests_per_s: 2000,
  loss: 0.02,
};
const FULL_DURATION_S = 1200;
const VIRTUALIZERS = [1, 2];

interface Run {
  virtualizers: number;
  counts: AffinityCounts;
}

function report(runs: readonly Run[], { loss, stores, duration_s }: typeof RUN): Report {
  const sum = (name: keyof AffinityCounts) => runs.reduce((total, { counts }) => total + counts[name], 0);
  return {
    figures: {
      retransmissions: sum('retransmissions'),
      retransmissions_judged: sum('retransmissions_judged'),
      misplaced_non_idempotent: sum('misplaced_non_idempotent'),
      misplaced_across_views: sum('misplaced_across_views'),
      repeated_after_death: sum('repeated_after_death'),
      store_events: sum('store_events'),
    },
    head: [
      'virtualizers',
      'requests, of them changes',
      'retransmissions',
      'judged',
      'misplaced',
      'misplaced across views',
      'repeated after death',
      'store events',
    ],
    rows: runs.map(({ virtualizers, counts }) =>
      [
        String(virtualizers),
        `${counts.requests}, ${counts.changes}`,
        ...[counts.retransmissions, counts.retransmissions_judged, counts.misplaced_non_idempotent],
        ...[counts.misplaced_across_views, counts.repeated_after_death, counts.store_events],
      ].map(String),
    ),
    notes: [
      `${stores} stores, least-of-2, ${duration_s} s of simulated time each; each of the four ways of a request loses ${100 * loss} %; stores die, return, drain and get other weights; with two virtualizers, each transmission passes either`,
      'judged: retransmissions of changes that a store has run which has not died since',
      'misplaced: sent to another store by a virtualizer that had sent it there itself, or had the view of the one that did',
      'misplaced across views: by a virtualizer that never saw the request and whose entries differed from those that placed it: it cannot know',
      'repeated after death: ran again at another store, as the one that ran it first is dead',
    ],
  };
}

export const affinityBenchmark: Benchmark = {
  name: 'affinity',
  description: 'retransmissions of what must not run twice, storeswitch.p4 in simulated time',
  async run(progress, signal, { full }) {
    const options = full ? { ...RUN, duration_s: FULL_DURATION_S } : RUN;
    const runs: Run[] = [];
    for (const virtualizers of VIRTUALIZERS) {
      await setImmediate();
      signal.throwIfAborted();
      runs.push({ virtualizers, counts: runAffinity({ ...options, virtualizers }) });
      progress(`${virtualizers} virtualizer(s) done`);
    }
    return report(runs, options);
  },
};
