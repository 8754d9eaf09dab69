import { CALL_LENGTH } from '../lab/calls';
import { serviceEntries } from '../lab/entries';
import { Lab } from '../lab/lab';
import { latencyAt, TRIAL_SECONDS, trialOf } from '../lab/offer';
import { STORE_PORTS } from '../lab/ports';
import { BACKLOG_MAX, type RateSearch, type TrialResult } from '../lab/rate_search';
import { inTurn, type Subject } from '../lab/rounds';
import { switchesHere, withSwitch, type SwitchCommand } from '../lab/switches';
import type { Benchmark, Report } from '../report';
import { median, ratio } from '../statistics';
import { echo } from './echo';

const ROUNDS = 3;
const SEARCH: RateSearch = {
  start_pps: 1_000,
  min_pps: 100,
  max_pps: 1_000_000,
  precision: 0.05,
  attempts: 3,
};
/** Of the loss-free rate just found: where latency and loss below that rate are measured. */
const STEADY_LOAD = 0.5;
const STEADY_SECONDS = 5;

interface Round {
  rate_pps: number;
  p50_us: number | null;
  p99_us: number | null;
  /** At the steady load. */
  lost_steady: number;
  /** In the search's trials below `rate_pps`, of which one in three had to lose nothing. */
  lost_in_search: number;
}

function subject(lab: Lab, command: SwitchCommand, signal: AbortSignal): Subject<Round> {
  return {
    name: command.name,
    measure: (search) =>
      withSwitch(lab, command, serviceEntries('slow'), async (controller) => {
        echo(controller, STORE_PORTS[0]);
        const trial = trialOf(lab, signal);
        const results: TrialResult[] = [];
        const rate_pps = await search(async (offered_pps) => {
          const result = await trial(offered_pps);
          results.push(result);
          return result;
        });
        signal.throwIfAborted();
        const lost_in_search = results
          .filter(({ sent, duration_s }) => sent / duration_s < rate_pps)
          .reduce((sum, { sent, received }) => sum + Math.max(0, sent - received), 0);
        if (rate_pps === 0) return { rate_pps, p50_us: null, p99_us: null, lost_steady: 0, lost_in_search };
        const { lost: lost_steady, ...latency } = await latencyAt(
          lab,
          rate_pps * STEADY_LOAD,
          STEADY_SECONDS,
        );
        return { rate_pps, ...latency, lost_steady, lost_in_search };
      }),
  };
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const switches = switchesHere(progress);
  const lab = new Lab();
  try {
    const subjects = switches.map((command) => subject(lab, command, signal));
    return report(await inTurn(subjects, ROUNDS, SEARCH, progress));
  } finally {
    lab.close();
  }
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): Report {
  const rate = (measured: readonly Round[]): number | null =>
    median(measured.map(({ rate_pps }) => rate_pps));
  const time_us = (measured: readonly Round[], which: 'p50_us' | 'p99_us'): number | null => {
    // A round that lost so many has none: it counts as the worst.
    const value = median(measured.map((round) => round[which] ?? Infinity));
    return value === null || value === Infinity ? null : Number(value.toFixed(1));
  };
  const lost = (measured: readonly Round[], where: 'lost_steady' | 'lost_in_search'): number =>
    measured.reduce((sum, round) => sum + round[where], 0);
  const [embedded, bmv2] = [rounds.get('embedded') ?? [], rounds.get('bmv2') ?? []];
  const faster = ratio(rate(embedded), rate(bmv2));
  return {
    figures: {
      frames_per_second: rate(embedded),
      bmv2_frames_per_second: rate(bmv2),
      p50_us: time_us(embedded, 'p50_us'),
      p99_us: time_us(embedded, 'p99_us'),
      lost_below_that: lost(embedded, 'lost_steady'),
      lost_in_trials_below_that: lost(embedded, 'lost_in_search'),
      bmv2_p50_us: time_us(bmv2, 'p50_us'),
      bmv2_p99_us: time_us(bmv2, 'p99_us'),
    },
    head: [
      'switch',
      'frames/s without loss (median)',
      ...Array.from({ length: ROUNDS }, (_, i) => `round ${i + 1}`),
      'p50, µs',
      'p99, µs',
      `lost at ${STEADY_LOAD} of it`,
      'lost in trials below it',
    ],
    rows: [...rounds].map(([name, measured]) => [
      name,
      String(rate(measured)),
      ...measured.map(({ rate_pps }) => String(rate_pps)),
      String(time_us(measured, 'p50_us') ?? 'lost'),
      String(time_us(measured, 'p99_us') ?? 'lost'),
      String(lost(measured, 'lost_steady')),
      String(lost(measured, 'lost_in_search')),
    ]),
    notes: [
      `without loss: all frames of one of ${SEARCH.attempts} trials of ${TRIAL_SECONDS} s came back, at most ${100 * BACKLOG_MAX} % of them late; in turn, ${ROUNDS} rounds`,
      `p50, p99: from the switch's port to the far end by the kernel's timestamps, ${STEADY_SECONDS} s at ${STEADY_LOAD} of that switch's own rate`,
      `lost_below_that: of ${ROUNDS} times ${STEADY_SECONDS} s at ${STEADY_LOAD} of the rate; lost in trials: of the search's trials below the rate, those too that were repeated`,
      faster === null
        ? 'no ratio: simple_switch_grpc is not on PATH'
        : `ratio embedded / simple_switch_grpc: ${faster}`,
    ],
  };
}

export const packetIoBenchmark: Benchmark = {
  name: 'packet-io',
  description: `frames from packet-in over our client to packet-out without loss, storeswitch.p4, ${CALL_LENGTH} bytes`,
  run,
};
