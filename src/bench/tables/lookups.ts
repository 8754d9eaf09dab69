/**
 * One table of one size, in a process of its own so that neither its memory nor its compiled code is another's:
 * node --expose-gc lookups.js KIND SIZE. Prints {"lookups_per_second","bytes_per_entry"}, per second of CPU time.
 *
 * A lookup is a frame's way through tables.p4: parsed, matched with a random entry's key, sent. KIND `none`: the same
 * without a table.
 */
import { createEngine, type Engine } from '../../switch';
import { median } from '../statistics';
import { Draws, keysOf, QUERY_LENGTH, TABLE_KIND_BYTE, type Keys } from './entries';
import { deviceConfig } from './program';

const WARM_UP_MS = 500;
const RUN_MS = 500;
const RUNS = 5;
/** Lookups between two looks at the clock. */
const BURST = 2_000;

function isKind(kind: string): kind is keyof typeof TABLE_KIND_BYTE {
  return kind in TABLE_KIND_BYTE;
}

function usedBytes(): number {
  if (gc === undefined) throw new Error('run with --expose-gc');
  // The second time frees what the first only found unreachable (buffers outside of the heap).
  void gc();
  void gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function fill(engine: Engine, keys: Keys): void {
  for (let i = 0; i < keys.size; i++) {
    engine.insertEntry(keys.table, {
      match: keys.match(i),
      priority: keys.priority(i),
      action: { name: 'Lookup.send', args: [BigInt(1 + (i & 3))] },
      idle_timeout_ns: 0n,
    });
  }
}

/** Of this process: what else runs on the machine costs it caches, but no time. */
function cpuTime_us(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Run {
  lookups: number;
  lookups_per_second: number;
}

function run(engine: Engine, keys: Keys | undefined, query: Uint8Array, run_ms: number): Run {
  const draws = new Draws(0x12345678);
  const started_us = cpuTime_us();
  let lookups = 0;
  let elapsed_ms = 0;
  while (elapsed_ms < run_ms) {
    for (let i = 0; i < BURST; i++) {
      const any = draws.next();
      keys?.write(query, draws.below(keys.size), any);
      engine.receive(1, query, started_us);
    }
    lookups += BURST;
    elapsed_ms = (cpuTime_us() - started_us) / 1000;
  }
  return { lookups, lookups_per_second: (lookups / elapsed_ms) * 1000 };
}

function main([kind = '', count = '']: string[]): void {
  if (!isKind(kind)) throw new Error('usage: lookups none|exact|lpm|ternary SIZE');
  const keys = kind === 'none' ? undefined : keysOf(kind, Number(count));
  let sent = 0;
  const engine = createEngine(deviceConfig(), {
    send: () => sent++,
    digest: () => undefined,
    idle: () => undefined,
  });
  const before = usedBytes();
  if (keys !== undefined) fill(engine, keys);
  const bytes = usedBytes() - before;
  const query = new Uint8Array(QUERY_LENGTH);
  query[0] = TABLE_KIND_BYTE[kind];
  const warm_up = run(engine, keys, query, WARM_UP_MS);
  const runs = Array.from({ length: RUNS }, () => run(engine, keys, query, RUN_MS));
  const lookups = [warm_up, ...runs].reduce((sum, one) => sum + one.lookups, 0);
  // A miss drops the frame.
  if (sent !== lookups) throw new Error(`of ${lookups} lookups only ${sent} found their entry`);
  const lookups_per_second = Math.round(median(runs.map((one) => one.lookups_per_second)) ?? 0);
  const bytes_per_entry = keys === undefined ? null : Number((bytes / keys.size).toFixed(1));
  process.stdout.write(`${JSON.stringify({ lookups_per_second, bytes_per_entry })}\n`);
}

main(process.argv.slice(2));
