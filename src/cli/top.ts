/** `storeswitch top`: live load and response times, from what the switch counts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Load, ResponseTimes } from '../controller/load/load';
import type { LoadSnapshot } from '../controller/load/snapshot';
import { ask } from './ask';
import { parseDuration_ms } from './duration';
import { CliError } from './exit_codes';
import { jsonOption, socketOption, type JsonOptions, type SocketOptions } from './options';
import { formatMicroseconds, formatTable, printJson, printLine, type Cell } from './output';

interface TopOptions extends SocketOptions, JsonOptions {
  interval: number;
  once?: boolean;
  series?: boolean;
}

const INTERVAL_MIN_MS = 100;
const INTERVAL_MAX_MS = 3_600_000;
/** As many as there can be in the seconds that `loadBetween` looks back. */
const EARLIER_MAX = 40;
/** To the upper left corner, and erase from there: ECMA-48, CUP and ED. */
const CLEAR_SCREEN = '\x1b[H\x1b[J';

export function register(program: Command): void {
  program
    .command('top')
    .description('show load and response times of services, stores and procedures until interrupted')
    .option('--interval <time>', 'from one reading to the next, such as 500ms, 1s or 1min', toInterval, 1000)
    .option('--once', 'end after one interval')
    .option('--series', 'show each procedure at each store too')
    .addOption(socketOption())
    .addOption(jsonOption())
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const { loadBetween } = await import('../controller/load/load.js');
  const read = () => ask<LoadSnapshot>(options, 'load.read');
  let before = await read();
  let earlier: LoadSnapshot[] = [];
  for (let next_ms = performance.now(); ;) {
    // A reading takes its time, too.
    next_ms = Math.max(next_ms + options.interval, performance.now());
    await sleep(next_ms - performance.now());
    const after = await read();
    show(loadBetween(before, after, earlier), options);
    if (options.once) return;
    earlier = [before, ...earlier].slice(0, EARLIER_MAX);
    before = after;
  }
}

function show(load: Load, { json, once, series }: TopOptions): void {
  if (json) {
    if (once) printJson(load);
    else printLine(JSON.stringify(load));
    return;
  }
  // What is not a terminal keeps all that was shown.
  if (!once && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
  printLine(formatLoad(load, series === true));
}

function formatLoad(load: Load, with_series: boolean): string {
  const parts = [
    `in ${load.interval_ms} ms; ${load.unexpected_responses_per_s} responses/s that nobody waits for`,
    formatTable(
      ['service', 'requests/s', 'repeated/s', ...TIMES],
      load.services.map((one) => [
        one.service,
        one.requests_per_s,
        one.retransmissions_per_s,
        ...timesOf(one),
      ]),
    ),
    formatTable(
      ['store', 'sent/s', 'unanswered/s', ...TIMES],
      load.stores.map((one) => [one.store, one.sent_per_s, one.unanswered_per_s, ...timesOf(one)]),
    ),
    formatTable(
      ['procedure', 'service', ...TIMES],
      load.procedures.map((one) => [one.procedure, one.service, ...timesOf(one)]),
    ),
  ];
  if (with_series) {
    parts.push(
      formatTable(
        ['procedure', 'store', 'service', ...TIMES],
        load.series.map((one) => [one.procedure, one.store, one.service, ...timesOf(one)]),
      ),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

const TIMES = ['responses/s', 'outstanding', 'p50', 'p99'] as const;

function timesOf({ responses_per_s, outstanding, p50_us, p99_us }: ResponseTimes): Cell[] {
  const time = (value: number | undefined) => (value === undefined ? undefined : formatMicroseconds(value));
  return [responses_per_s, outstanding, time(p50_us), time(p99_us)];
}

function toInterval(text: string): number {
  const interval_ms = parseDuration_ms(text, 's') ?? NaN;
  if (interval_ms >= INTERVAL_MIN_MS && interval_ms <= INTERVAL_MAX_MS) return interval_ms;
  throw new CliError('usage', `--interval: found "${text}", expected a time from 100ms to 60min`);
}
