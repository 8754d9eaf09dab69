/** Write-behind against a server that may restart, write less than it is given, or fail. */
import fc from 'fast-check';
import { FileWriter, type WriterCalls } from '../../src/nfs_client/file_writer';
import { WriteBudget } from '../../src/nfs_client/write_budget';
import { WRITE_STABILITY } from '../../src/wire/nfs3';

const BLOCK = 16;
const FILE = 200;
const ROOT = { uid: 0, gid: 0, gids: [] };
const OTHER = { uid: 5, gid: 5, gids: [] };
/** Timers never fire in a test: it flushes by itself. */
const TIMES = { send_after_ms: 1e6, commit_after_ms: 1e6 };

/** A file whose unstable data are lost when the server restarts. Answers come in any order. */
class Server implements WriterCalls {
  readonly stable = Buffer.alloc(FILE);
  memory = Buffer.alloc(FILE);
  verifier = 1;
  writes = 0;
  commits = 0;
  /** Calls under way that touch a byte: two at once could be executed in the wrong order. */
  private readonly under_way = new Array<number>(FILE).fill(0);
  overlaps = 0;
  error: Error | undefined;
  largest_in_memory = 0;

  constructor(
    private readonly delays: () => number,
    private readonly short: () => number,
  ) {}

  restart(): void {
    this.memory = Buffer.from(this.stable);
    this.verifier += 1;
  }

  async write(offset: number, data: Uint8Array, stability: number) {
    const sent = Buffer.from(data);
    this.writes += 1;
    for (let i = offset; i < offset + sent.length; i++) {
      if ((this.under_way[i] ?? 0) > 0) this.overlaps += 1;
      this.under_way[i] = (this.under_way[i] ?? 0) + 1;
    }
    await this.pause();
    for (let i = offset; i < offset + sent.length; i++) this.under_way[i] = (this.under_way[i] ?? 0) - 1;
    if (this.error) throw this.error;
    const count = Math.max(1, sent.length - this.short());
    sent.copy(this.memory, offset, 0, count);
    if (stability !== WRITE_STABILITY.UNSTABLE) this.memory.copy(this.stable);
    return { count, committed: stability, verifier: String(this.verifier) };
  }

  async commit() {
    this.commits += 1;
    this.memory.copy(this.stable);
    const verifier = String(this.verifier);
    await this.pause();
    return verifier;
  }

  private async pause(): Promise<void> {
    for (let turns = this.delays(); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
}

function drawn(values: number[]): () => number {
  let index = 0;
  return () => values[index++ % values.length] ?? 0;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      write: fc.nat(FILE - 1),
      length: fc.integer({ min: 1, max: 60 }),
      byte: fc.integer({ min: 1, max: 255 }),
      other: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ restart: true }) },
  { weight: 1, arbitrary: fc.constant({ commit: true }) },
  { weight: 1, arbitrary: fc.constant({ send: true }) },
  { weight: 1, arbitrary: fc.constant({ turn: true }) },
  { weight: 1, arbitrary: fc.record({ cut: fc.nat(FILE) }) },
);

test('after a commit everything is on stable storage, whenever the server restarted', async () => {
  const numbers = fc.array(fc.nat(3), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), numbers, numbers, async (steps, delays, shorts) => {
      const server = new Server(drawn(delays), drawn(shorts));
      const budget = new WriteBudget(BLOCK, 6 * BLOCK);
      const writer = new FileWriter(server, budget, TIMES);
      const expected = Buffer.alloc(FILE);
      for (const one of steps) {
        if ('write' in one) {
          const length = Math.min(one.length, FILE - one.write);
          expected.fill(one.byte, one.write, one.write + length);
          await writer.write(one.write, Buffer.alloc(length, one.byte), one.other ? OTHER : ROOT);
        } else if ('restart' in one) server.restart();
        else if ('commit' in one) void writer.commit();
        else if ('send' in one) void writer.send();
        else if ('turn' in one) await new Promise((resolve) => setImmediate(resolve));
        else {
          // As SETATTR does: nothing is under way when the server cuts.
          const { cut } = one;
          await writer.whileSent(async () => {
            for (const file of [expected, server.memory, server.stable]) file.fill(0, cut);
            writer.cut(cut);
          });
        }
        expect(budget.used_bytes).toBeLessThanOrEqual(6 * BLOCK);
        // What is not on the server is seen by whoever reads here.
        const seen = Buffer.from(server.memory);
        writer.overlay(seen, 0);
        expect(seen.equals(expected)).toBe(true);
      }
      await writer.commit();
      expect(server.stable.equals(expected)).toBe(true);
      expect(writer.isIdle).toBe(true);
      expect(budget.used_bytes).toBe(0);
      expect(server.overlaps).toBe(0);
    }),
    { numRuns: 300 },
  );
});

const immediate = (): Server =>
  new Server(
    () => 0,
    () => 0,
  );

test('full blocks go without a flush, the rest with it', async () => {
  const server = immediate();
  const writer = new FileWriter(server, new WriteBudget(BLOCK, 1024), TIMES);
  await writer.write(8, Buffer.alloc(30, 1), ROOT);
  expect(server.writes).toBe(1);
  expect(writer.unsent_end).toBe(38);
  await writer.send();
  expect(server.writes).toBe(3);
  expect(writer.unsent_end).toBe(0);
  expect(writer.isIdle).toBe(false);
  await writer.commit();
  expect(server.commits).toBe(1);
  expect(writer.isIdle).toBe(true);
});

test('a small file is one WRITE to stable storage', async () => {
  const server = immediate();
  const writer = new FileWriter(server, new WriteBudget(BLOCK, 1024), TIMES);
  await writer.write(3, Buffer.alloc(5, 9), ROOT);
  await writer.commit();
  expect([server.writes, server.commits]).toEqual([1, 0]);
  expect(server.stable.subarray(3, 8)).toEqual(Buffer.alloc(5, 9));
});

test('another verifier makes it write everything again that was not committed', async () => {
  const server = immediate();
  const writer = new FileWriter(server, new WriteBudget(BLOCK, 1024), TIMES);
  await writer.write(0, Buffer.alloc(3 * BLOCK, 7), ROOT);
  await writer.send();
  server.restart();
  await writer.commit();
  expect(server.writes).toBe(6);
  expect(writer.rewrites).toBe(3);
  expect(server.stable.subarray(0, 3 * BLOCK)).toEqual(Buffer.alloc(3 * BLOCK, 7));
});

test('a server that never keeps a verifier is written to synchronously', async () => {
  const server = immediate();
  const writer = new FileWriter(server, new WriteBudget(BLOCK, 1024), TIMES);
  const commit = server.commit.bind(server);
  server.commit = () => {
    server.restart();
    return commit();
  };
  await writer.write(0, Buffer.alloc(3 * BLOCK, 7), ROOT);
  await writer.commit();
  expect(writer.isIdle).toBe(true);
  expect(server.stable.subarray(0, 3 * BLOCK)).toEqual(Buffer.alloc(3 * BLOCK, 7));
});

test('errors are counted, and give the memory back', async () => {
  const server = immediate();
  const budget = new WriteBudget(BLOCK, 1024);
  const writer = new FileWriter(server, budget, TIMES);
  server.error = new Error('no space');
  await writer.write(0, Buffer.alloc(10), ROOT);
  await writer.commit();
  expect([writer.errors, writer.error?.message, writer.isIdle]).toEqual([1, 'no space', true]);
  expect(budget.used_bytes).toBe(0);
});

test('who writes more than the budget waits for commits', async () => {
  const server = new Server(
    () => 1,
    () => 0,
  );
  const budget = new WriteBudget(BLOCK, 2 * BLOCK);
  const writers = [0, 1].map(() => new FileWriter(server, budget, TIMES));
  await Promise.all(writers.map((writer) => writer.write(0, Buffer.alloc(FILE, 3), ROOT)));
  await Promise.all(writers.map((writer) => writer.commit()));
  expect(budget.used_bytes).toBe(0);
  expect(server.stable).toEqual(Buffer.alloc(FILE, 3));
});
