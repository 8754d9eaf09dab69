import { join } from 'node:path';
import { CALL_LENGTH } from '../lab/calls';
import { serviceEntries } from '../lab/entries';
import { Lab } from '../lab/lab';
import { latencyAt, TRIAL_SECONDS, trialOf } from '../lab/offer';
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
/** Of the loss-free rate just found. */
const LATENCY_LOAD = 0.5;

interface Round {
  rate_pps: number;
  p99_us: number | null;
}

async function measure(
  lab: Lab,
  signal: AbortSignal,
  search: (trial: Trial) => Promise<number>,
): Promise<Round> {
  const rate_pps = await search(trialOf(lab, signal));
  signal.throwIfAborted();
  if (rate_pps === 0) return { rate_pps, p99_us: null };
  const { p99_us } = await latencyAt(lab, rate_pps * LATENCY_LOAD, TRIAL_SECONDS);
  return { rate_pps, p99_us };
}

function copyLoop(lab: Lab, signal: AbortSignal): Subject<Round> {
  return {
    name: 'copy loop',
    async measure(search) {
      const running = lab.spawn([
        ...[process.execPath, join(__dirname, 'copy_loop.js')],
        ...[switchEnd(CLIENT_PORT), ...STORE_PORTS.map(switchEnd)],
      ]);
      try {
        await running.ready();
        return await measure(lab, signal, search);
      } finally {
        await running.stop();
      }
    },
  };
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const switches = switchesHere(progress);
  const lab = new Lab();
  try {
    const subjects = switches.map((command): Subject<Round> => ({
      name: command.name,
      measure: (search) =>
        withSwitch(lab, command, serviceEntries('request'), () => measure(lab, signal, search)),
    }));
    return report(await inTurn([...subjects, copyLoop(lab, signal)], ROUNDS, SEARCH, progress));
  } finally {
    lab.close();
  }
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): Report {
  const rate = (name: string): number | null =>
    median((rounds.get(name) ?? []).map(({ rate_pps }) => rate_pps));
  const p99 = (name: string): number | null => {
    // A round in which more than 1 % was lost has no p99: it counts as the worst.
    const value = median((rounds.get(name) ?? []).map(({ p99_us }) => p99_us ?? Infinity));
    return value === null || value === Infinity ? null : Number(value.toFixed(1));
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
      embedded_p99_us: p99('embedded'),
      bmv2_p99_us: p99('bmv2'),
    },
    head: [
      'switch',
      'frames/s without loss (median)',
      ...Array.from({ length: ROUNDS }, (_, i) => `round ${i + 1}`),
      'p99 added, µs (median)',
    ],
    rows: [...rounds].map(([name, measured]) => [
      name,
      String(rate(name)),
      ...measured.map(({ rate_pps }) => String(rate_pps)),
      String(p99(name) ?? 'lost > 1 %'),
    ]),
    notes: [
      `without loss: all frames of one of ${SEARCH.attempts} trials of ${TRIAL_SECONDS} s arrived, at most ${100 * BACKLOG_MAX} % of them late; in turn, ${ROUNDS} rounds`,
      `copy loop: the switch's own rings and batches, frames to the three stores in turn, no program`,
      `p99 added: from the switch's port to the store's end by the kernel's timestamps, at ${LATENCY_LOAD} of that switch's own rate`,
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
