import type { Benchmark, Report } from '../report';
import { isOnPath } from '../report';
import { CALL_LENGTH } from './calls';
import { BMV2, EMBEDDED, Lab, TRIAL_SECONDS, type SwitchCommand } from './lab';
import { BACKLOG_MAX, highestLossFreeRate, type RateSearch } from './rate_search';

/** In turn, so that a machine that slows down slows both. */
const ROUNDS = 3;
const SEARCH: RateSearch = { start_pps: 1_000, max_pps: 2_000_000, precision: 0.05, attempts: 3 };

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const bmv2Here = isOnPath('simple_switch_grpc');
  const commands: SwitchCommand[] = bmv2Here ? [EMBEDDED, BMV2] : [EMBEDDED];
  if (!bmv2Here) progress('skipped: simple_switch_grpc not on PATH');
  const rates: Record<SwitchCommand['name'], number[]> = { embedded: [], bmv2: [] };
  const lab = new Lab();
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      for (const command of commands) {
        signal.throwIfAborted();
        const rate_pps = await lab.withSwitch(command, (trial) =>
          highestLossFreeRate((offered_pps) => {
            signal.throwIfAborted();
            return trial(offered_pps);
          }, SEARCH),
        );
        rates[command.name].push(rate_pps);
        progress(`round ${round} of ${ROUNDS}: ${command.name} ${rate_pps} frames/s without loss`);
      }
    }
  } finally {
    lab.close();
  }
  const embedded_pps = median(rates.embedded);
  const bmv2_pps = median(rates.bmv2);
  const ratio_bmv2 = embedded_pps !== null && bmv2_pps ? Number((embedded_pps / bmv2_pps).toFixed(2)) : null;
  return {
    figures: { embedded_pps, bmv2_pps, ratio_bmv2 },
    head: ['switch', 'frames/s without loss (median)', ...rates.embedded.map((_, i) => `round ${i + 1}`)],
    rows: commands.map(({ name }) => [name, String(median(rates[name])), ...rates[name].map(String)]),
    notes: [
      `without loss: all frames of one of ${SEARCH.attempts} trials of ${TRIAL_SECONDS} s arrived, at most ${100 * BACKLOG_MAX} % of them late; the switches in turn, ${ROUNDS} rounds`,
      ratio_bmv2 === null
        ? 'no ratio: simple_switch_grpc is not on PATH'
        : `ratio embedded / simple_switch_grpc: ${ratio_bmv2}`,
    ],
  };
}

export const engineBenchmark: Benchmark = {
  name: 'engine',
  description: `frames forwarded without loss, storeswitch.p4, ${CALL_LENGTH}-byte GETATTR calls over veth`,
  run,
};
