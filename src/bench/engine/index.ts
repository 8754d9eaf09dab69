import { join } from 'node:path';
import { CALL_LENGTH } from '../lab/calls';
import { serviceEntries } from '../lab/entries';
import { Lab } from '../lab/lab';
import { latencyAt, LEAD_SECONDS, TRIAL_SECONDS, trialOf, type Latency } from '../lab/offer';
import { CLIENT_PORT, STORE_PORTS, switchEnd } from '../lab/ports';
import { BACKLOG_MAX, type RateSearch, type Trial } from '../lab/rate_search';
import { inTurn, type Subject } from '../lab/rounds';
import { switchesHere, withSwitch } from '../lab/switches';
import type { Benchmark, Report } from '../report';
import { median, ratio } from '../statistics';

const ROUNDS = 3;
const SEARCH: RateSearch = {
  start_pps: 4_000,
  min_pps: 100,
  max_pps: 2_000_000,
  precision: 0.05,
  attempts: 3,
};
/** Of a loss-free rate just found. */
const LATENCY_LOAD = 0.5;

interface Round {
  rate_pps: number;
  /** At half of its own rate; null: it has none. */
  at_own: Latency | null;
  /** At half of simple_switch_grpc's rate of the same round; null: there is none. */
  at_bmv2: Latency | null;
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const switches = switchesHere(progress);
  const lab = new Lab();
  let bmv2_pps = 0;
  const measure = async (name: string, search: (trial: Trial) => Promise<number>): Promise<Round> => {
    const rate_pps = await search(trialOf(lab, signal));
    if (name === 'bmv2') bmv2_pps = rate_pps;
    const latency = async (of_pps: number): Promise<Latency | null> => {
      signal.throwIfAborted();
      return of_pps === 0 ? null : latencyAt(lab, of_pps * LATENCY_LOAD, TRIAL_SECONDS);
    };
    return { rate_pps, at_own: await latency(rate_pps), at_bmv2: await latency(bmv2_pps) };
  };
  try {
    const subjects = switches.map((command): Subject<Round> => ({
      name: command.name,
      measure: (search) =>
        withSwitch(lab, command, serviceEntries('request'), () => measure(command.name, search)),
    }));
    // simple_switch_grpc first: the others are also measured at its rate.
    subjects.reverse();
    subjects.push({
      name: 'copy loop',
      measure: (search) => withCopyLoop(lab, () => measure('copy loop', search)),
    });
    return report(await inTurn(subjects, ROUNDS, SEARCH, progress));
  } finally {
    lab.close();
  }
}

async function withCopyLoop<T>(lab: Lab, body: () => Promise<T>): Promise<T> {
  const running = lab.spawn([
    ...[process.execPath, join(__dirname, 'copy_loop.js')],
    ...[switchEnd(CLIENT_PORT), ...STORE_PORTS.map(switchEnd)],
  ]);
  try {
    await running.ready();
    return await body();
  } finally {
    await running.stop();
  }
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): Report {
  const middle = (name: string, value: (round: Round) => number | null): number | null => {
    // A round in which more than 1 % was lost has no p99: it counts as the worst.
    const found = median((rounds.get(name) ?? []).map((round) => value(round) ?? Infinity));
    return found === null || found === Infinity ? null : Number(found.toFixed(1));
  };
  const rate = (name: string): number | null => middle(name, ({ rate_pps }) => rate_pps);
  const p99 = (name: string, at: 'at_own' | 'at_bmv2'): number | null =>
    middle(name, (round) => round[at]?.p99_us ?? null);
  const latency = (name: string, at: 'at_own' | 'at_bmv2'): string => {
    const offered = middle(name, (round) => round[at]?.offered_pps ?? null);
    return offered === null ? 'not measured' : `${p99(name, at) ?? 'lost > 1 %'} at ${offered}/s`;
  };
  const [embedded_pps, bmv2_pps, copy_loop_pps] = [rate('embedded'), rate('bmv2'), rate('copy loop')];
  const ratio_bmv2 = ratio(embedded_pps, bmv2_pps);
  const ratio_copy_loop = ratio(embedded_pps, copy_loop_pps);
  return {
    figures: {
      embedded_pps,
      bmv2_pps,
      copy_loop_pps,
      ratio_bmv2,
      ratio_copy_loop,
      embedded_p99_us: p99('embedded', 'at_own'),
      bmv2_p99_us: p99('bmv2', 'at_own'),
      copy_loop_p99_us: p99('copy loop', 'at_own'),
      embedded_p99_at_bmv2_rate_us: p99('embedded', 'at_bmv2'),
      copy_loop_p99_at_bmv2_rate_us: p99('copy loop', 'at_bmv2'),
    },
    head: [
      'switch',
      'frames/s without loss (median)',
      ...Array.from({ length: ROUNDS }, (_, i) => `round ${i + 1}`),
      'p99 added, µs, half of its own rate',
      "half of bmv2's",
    ],
    rows: [...rounds].map(([name, measured]) => [
      name,
      String(rate(name)),
      ...measured.map(({ rate_pps }) => String(rate_pps)),
      latency(name, 'at_own'),
      latency(name, 'at_bmv2'),
    ]),
    notes: [
      `without loss: all frames of one of ${SEARCH.attempts} trials of ${TRIAL_SECONDS} s arrived, at most ${100 * BACKLOG_MAX} % of them late; in turn, ${ROUNDS} rounds`,
      `copy loop: the switch's own rings and batches, frames to the three stores in turn, no program`,
      `p99 added: from the switch's port to the store's end by the kernel's timestamps, of one second after ${LEAD_SECONDS} s at that rate; medians, as is the rate that was offered`,
      ratio_bmv2 === null
        ? 'no ratio: simple_switch_grpc is not on PATH'
        : `ratio embedded / simple_switch_grpc: ${ratio_bmv2}`,
      `ratio embedded / copy loop: ${ratio_copy_loop}`,
    ],
  };
}

export const engineBenchmark: Benchmark = {
  name: 'engine',
  description: `frames forwarded without loss, storeswitch.p4, ${CALL_LENGTH}-byte GETATTR calls over veth`,
  run,
};
