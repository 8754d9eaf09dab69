import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { switchesHere } from '../lab/switches';
import type { Benchmark, Report } from '../report';
import { median, ratio } from '../statistics';
import { ENTRIES_PER_MASK, type TableKind } from './entries';
import { lossWhileWriting, type Loss } from './loss';
import { BATCH_ENTRIES, insertRequests, WRITE_ENTRIES, writesPerSecond } from './writes';

const SIZES: Readonly<Record<TableKind | 'none', readonly number[]>> = {
  none: [0],
  exact: [1_000, 10_000, 100_000, 1_000_000],
  lpm: [1_000, 10_000, 100_000, 1_000_000],
  ternary: [1_000, 10_000, 100_000],
  ternary_masks: [1_000, 10_000, 100_000],
};
const WRITE_ROUNDS = 3;
/** Batches sent and not answered: a controller that waits for each answer leaves the switch idle meanwhile. */
const UNDER_WAY = [1, 4] as const;

interface Lookups {
  kind: string;
  size: number;
  lookups_per_second: number;
  /** Null without a table. */
  bytes_per_entry: number | null;
}

interface Writes {
  name: string;
  under_way: number;
  rates: number[];
}

async function measureLookups(kind: string, size: number, signal: AbortSignal): Promise<Lookups> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', join(__dirname, 'lookups.js'), kind, String(size)],
    { signal },
  );
  return { kind, size, ...(JSON.parse(stdout) as Pick<Lookups, 'lookups_per_second' | 'bytes_per_entry'>) };
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const lookups: Lookups[] = [];
  for (const [kind, sizes] of Object.entries(SIZES)) {
    for (const size of sizes) {
      signal.throwIfAborted();
      const measured = await measureLookups(kind, size, signal);
      lookups.push(measured);
      progress(`${kind}, ${size} entries: ${measured.lookups_per_second} lookups/s`);
    }
  }
  const writes = switchesHere(progress).flatMap((command) =>
    UNDER_WAY.map((under_way) => ({ name: command.name, under_way, rates: [] as number[], command })),
  );
  const requests = insertRequests(WRITE_ENTRIES);
  for (let round = 1; round <= WRITE_ROUNDS; round++) {
    for (const { name, under_way, rates, command } of writes) {
      signal.throwIfAborted();
      const rate = await writesPerSecond(command, requests, under_way, signal);
      rates.push(rate);
      progress(
        `round ${round} of ${WRITE_ROUNDS}: ${name}, ${under_way} batches under way: ${rate} writes/s`,
      );
    }
  }
  return report(lookups, writes, await measureLoss(progress, signal));
}

async function measureLoss(progress: (line: string) => void, signal: AbortSignal): Promise<Loss | undefined> {
  if (process.getuid?.() !== 0) {
    progress('skipped: packets lost while entries are written (needs root, for network namespaces)');
    return undefined;
  }
  const loss = await lossWhileWriting(signal);
  progress(`${loss.lost} of ${loss.sent} frames lost while ${loss.entries} entries were written`);
  return loss;
}

function report(lookups: readonly Lookups[], writes: readonly Writes[], loss: Loss | undefined): Report {
  const of = (kind: TableKind, size: number): Lookups | undefined =>
    lookups.find((one) => one.kind === kind && one.size === size);
  const growth = (kind: TableKind, small: number, large: number): number | null =>
    ratio(of(kind, small)?.lookups_per_second ?? null, of(kind, large)?.lookups_per_second ?? null);
  const writeRate = (under_way: number): number | null =>
    median(writes.find((one) => one.name === 'embedded' && one.under_way === under_way)?.rates ?? []);
  const ns = (rate: number): number => 1e9 / rate;
  const bare_ns = ns(lookups.find(({ kind }) => kind === 'none')?.lookups_per_second ?? Infinity);
  /** Of what the table costs: without the rest of a frame's way, which is the same at every size. */
  const netGrowth = (kind: TableKind, small: number, large: number): number | null => {
    const [few, many] = [of(kind, small), of(kind, large)].map((one) =>
      one === undefined ? null : ns(one.lookups_per_second) - bare_ns,
    );
    return ratio(many ?? null, few ?? null);
  };
  return {
    figures: {
      exact_growth_1k_1m: growth('exact', 1_000, 1_000_000),
      lpm_growth_1k_1m: growth('lpm', 1_000, 1_000_000),
      ternary_growth_1k_100k: growth('ternary', 1_000, 100_000),
      ternary_masks_growth_1k_100k: growth('ternary_masks', 1_000, 100_000),
      exact_net_growth_1k_1m: netGrowth('exact', 1_000, 1_000_000),
      lpm_net_growth_1k_1m: netGrowth('lpm', 1_000, 1_000_000),
      ternary_net_growth_1k_100k: netGrowth('ternary', 1_000, 100_000),
      ternary_masks_net_growth_1k_100k: netGrowth('ternary_masks', 1_000, 100_000),
      writes_per_second: writeRate(UNDER_WAY[1]),
      bytes_per_exact_entry: of('exact', 1_000_000)?.bytes_per_entry ?? null,
    },
    head: ['what', 'how much', 'per second', 'of which the table, ns', 'bytes per entry'],
    rows: [
      ...lookups.map(({ kind, size, lookups_per_second, bytes_per_entry }) => [
        kind === 'none' ? 'no lookup' : `${kind} lookup`,
        kind === 'none' ? '' : `${size} entries`,
        String(lookups_per_second),
        kind === 'none' ? '' : String(Math.round(ns(lookups_per_second) - bare_ns)),
        String(bytes_per_entry ?? ''),
      ]),
      ...writes.map(({ name, under_way, rates }) => [
        `${name}: write`,
        `${under_way} batches under way`,
        String(median(rates)),
        '',
        '',
      ]),
      ...(loss === undefined
        ? []
        : [
            [
              `embedded: write, beside ${loss.rate_pps} frames/s`,
              `${loss.entries} entries`,
              String(loss.entries_per_second),
              '',
              '',
            ],
          ]),
    ],
    notes: [
      'lookup: a frame parsed, matched with the key of a random entry, sent, in one thread without I/O, per second of its CPU time; growth: how many times fewer per second',
      'net growth: of the table alone, without what a frame costs that no table is applied to ("no lookup")',
      `ternary_masks: a distinct mask for every ${ENTRIES_PER_MASK} entries, 4 to 400, each found by a packet as often as the others`,
      'lpm: 60 % /24, the rest /18 to /32; ternary: two addresses and a port, 50 distinct masks at every size',
      `writes: ${WRITE_ENTRIES} inserts into the exact table over P4Runtime, ${BATCH_ENTRIES} a batch, encoded beforehand; median of ${WRITE_ROUNDS} rounds on fresh switches`,
      `bytes per entry: heap and buffers after garbage collection; small tables carry the fixed cost of a switch in use`,
      `writes_per_second: with ${UNDER_WAY[1]} batches under way (one by one: ${writeRate(1)})`,
      loss === undefined
        ? 'frames lost while entries are written: not measured, needs root'
        : `frames lost while ${loss.entries} entries were written: ${loss.lost} of ${loss.sent}`,
    ],
  };
}

export const tablesBenchmark: Benchmark = {
  name: 'tables',
  description: 'lookups by table size, and entries written over P4Runtime; tables.p4, embedded switch',
  run,
};
