import { runAffinity, type AffinityCounts, type AffinityOptions } from '../../sim';
import type { Benchmark, Report } from '../report';

const RUN: Omit<AffinityOptions, 'virtualizers'> = {
  seed: 1,
  stores: 6,
  duration_s: 120,
  requests_per_s: 2000,
  sessions_per_s: 20,
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
      sessions: sum('sessions'),
      segments_judged: sum('segments_judged'),
      misplaced_segments: sum('misplaced_segments'),
      misplaced_segments_across_views: sum('misplaced_segments_across_views'),
      sessions_of_dead_stores: sum('sessions_of_dead_stores'),
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
      'TCP connections, their segments judged',
      'misplaced',
      'misplaced across views',
    ],
    rows: runs.map(({ virtualizers, counts }) =>
      [
        String(virtualizers),
        `${counts.requests}, ${counts.changes}`,
        ...[counts.retransmissions, counts.retransmissions_judged, counts.misplaced_non_idempotent],
        ...[counts.misplaced_across_views, counts.repeated_after_death, counts.store_events],
        `${counts.sessions}, ${counts.segments_judged}`,
        ...[counts.misplaced_segments, counts.misplaced_segments_across_views],
      ].map(String),
    ),
    notes: [
      `${stores} stores, all in one pool (least-of-2), half of them also in the one of a second export (round-robin); ${duration_s} s of simulated time each; each of the four ways of a request loses ${100 * loss} %; stores die, return, drain and get other weights, which each controller finds out by its checks of health, is told, or reads in its configuration when it is started anew; with two virtualizers, each transmission passes either`,
      'judged: retransmissions of changes that a store has run which has not died since',
      'misplaced: sent to another store by a virtualizer that had sent it there itself, or placed it by the same entries as the one that did',
      'misplaced across views: by a virtualizer that did not send it there, and whose entries differed from those that placed it: it cannot know',
      'segments: of a connection whose store has not died since it took it; one is misplaced if another request has taken the row of its connection, and the slot has moved',
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
      runs.push({ virtualizers, counts: await runAffinity({ ...options, virtualizers }, signal) });
      progress(`${virtualizers} virtualizer(s) done`);
    }
    return report(runs, options);
  },
};
