/** From the frames the switch shows to records, files and summaries. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Network } from '../../../src/controller/network';
import { Records } from '../../../src/controller/records/records';
import type { PerformanceRecord } from '../../../src/controller/records/record';
import { Summaries } from '../../../src/controller/records/summaries';
import type { LoadSnapshot } from '../../../src/controller/load/snapshot';
import { NOT_A_REQUEST } from '../../../src/dataplane/packet_io';
import { decodePcap } from '../../../src/wire/pcap';
import { AUTH_FLAVOR, type RpcCall } from '../../../src/wire/rpc';
import { exampleConfig, type StoreName } from '../example';
import { FakeClock } from '../fake_clock';
import { callFrame, HANDLE, replyFrame, writeFrame } from './frames';

const START_US = Date.parse('2026-01-02T03:04:05Z') * 1000;
/** What the switch's clock shows when ours starts. */
const SWITCH_START_US = 777_000_000;
const GSS = { flavor: AUTH_FLAVOR.rpcsecGss, body: new Uint8Array(8) };
const handle = Buffer.from(HANDLE).toString('hex');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-records-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function setUp(options: { waiting_max?: number; rotate_bytes?: number; has_folder?: boolean } = {}) {
  const clock = new FakeClock();
  const config = exampleConfig();
  config.records = {
    ...config.records,
    summary_interval_ms: 1000,
    ...(options.waiting_max !== undefined && { waiting_max: options.waiting_max }),
    ...(options.rotate_bytes !== undefined && { rotate_bytes: options.rotate_bytes, rotate_files: 3 }),
    ...(options.has_folder === true && { folder }),
  };
  const network = new Network(config);
  let requests = 0;
  const records = new Records({
    network,
    clock,
    logger: pino({ level: 'silent' }),
    now_us: () => START_US + clock.now_ms() * 1000,
    async readLoad(): Promise<LoadSnapshot> {
      if (requests < 0) throw new Error('the switch is away');
      const service = { service: 'share/nfs-udp', requests, retransmissions: 0 };
      return {
        at_ms: clock.now_ms(),
        services: [service],
        stores: [],
        unexpected_responses: 0,
        series: [],
      };
    },
  });
  records.start();
  const take = (frame: Uint8Array, store: StoreName | 'none' = 'store2', late_us = 0) =>
    records.take({
      ...NOT_A_REQUEST,
      ingress_port: 1,
      reason: 'record',
      is_sampled: true,
      store_id: store === 'none' ? 0 : network.storeId(store),
      time_us: SWITCH_START_US + clock.now_ms() * 1000 - late_us,
      frame,
    });
  /** Of all that has been recorded. */
  const all = async () => (await records.feed.take({ after: 1 })).records;
  const lines = (file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as PerformanceRecord);
  return { clock, records, take, all, lines, count: (value: number) => (requests = value) };
}

test('a request and its response are one record', async () => {
  const { clock, records, take, all } = setUp();
  take(callFrame(0xabc));
  clock.advance(2.5);
  take(replyFrame(0xabc, 70));
  expect(await all()).toEqual([
    {
      virtual_store: 'share',
      service: 'nfs-udp',
      store: 'store2',
      client: '10.0.1.11',
      client_port: 700,
      xid: 0xabc,
      program: 100003,
      version: 3,
      procedure: 'GETATTR',
      object: handle,
      request_time: '2026-01-02T03:04:05.000000Z',
      response_time: '2026-01-02T03:04:05.002500Z',
      elapsed_us: 2500,
      request_bytes: 52,
      response_bytes: 28,
      transmissions: 1,
      outcome: 'success',
      nfs_status: 70,
    },
  ]);
  expect(records.counts()).toMatchObject({
    record_frames: 2,
    records_answered: 1,
    record_frames_unreadable: 0,
  });
});

test('a frame that takes long to come here was at the switch no later', async () => {
  const { clock, take, all } = setUp();
  take(callFrame(1));
  clock.advance(50);
  // At the switch 40 ms ago.
  take(replyFrame(1), 'store2', 40_000);
  const [record] = await all();
  expect(record).toMatchObject({
    request_time: '2026-01-02T03:04:05.000000Z',
    response_time: '2026-01-02T03:04:05.010000Z',
    elapsed_us: 10_000,
  });
});

test('retransmissions are one record, from the first to the response, of the store that answered', async () => {
  const { clock, records, take, all } = setUp();
  take(callFrame(2), 'store1');
  clock.advance(1000);
  take(callFrame(2), 'store3');
  clock.advance(5);
  take(replyFrame(2), 'store3');
  take(replyFrame(2), 'store3');
  expect(await all()).toMatchObject([{ transmissions: 2, elapsed_us: 1_005_000, store: 'store3' }]);
  expect(records.counts()).toMatchObject({ records_answered: 1, records_without_request: 1 });
});

test('what is not answered is recorded when its time is over', async () => {
  const { clock, records, take, all } = setUp();
  take(callFrame(3));
  clock.advance(5000);
  take(callFrame(4));
  clock.advance(6000);
  const [record, ...others] = await all();
  expect(others).toEqual([]);
  expect(record).toMatchObject({ xid: 3, store: 'store2' });
  expect(record).not.toHaveProperty('response_time');
  expect(record).not.toHaveProperty('elapsed_us');
  expect(records.counts()).toMatchObject({ records_unanswered: 1 });
  records.stop();
  expect(records.counts()).toMatchObject({ records_unanswered: 2 });
  expect(clock.waiting).toBe(0);
});

test('only so many wait: the oldest gives way', async () => {
  const { records, take, all } = setUp({ waiting_max: 2 });
  for (const xid of [1, 2, 3]) take(callFrame(xid));
  expect((await all()).map(({ xid }) => xid)).toEqual([1]);
  expect(records.counts()).toMatchObject({ records_given_up: 1 });
  for (const xid of [1, 2, 3]) take(replyFrame(xid));
  expect((await all()).map(({ xid }) => xid)).toEqual([1, 2, 3]);
  expect(records.counts()).toMatchObject({ records_answered: 2, records_without_request: 1 });
});

test('frames that cannot be read are counted, and so are those of no service', async () => {
  const { records, take, all } = setUp();
  take(new Uint8Array(3));
  take(callFrame(1).subarray(0, 60));
  take(callFrame(1, {}, 9999));
  expect(await all()).toEqual([]);
  expect(records.counts()).toMatchObject({ record_frames_unreadable: 2, records_of_no_service: 1 });
});

test.each<[string, Partial<RpcCall>, string, string | undefined]>([
  ['of a file', {}, 'GETATTR', handle],
  ['of NULL, which has no object', { procedure: 0, args: new Uint8Array(0) }, 'NULL', undefined],
  ['of a procedure nobody knows', { procedure: 99 }, '99', handle],
  ['whose arguments are hidden', { credential: GSS }, 'GETATTR', undefined],
  ['of another program', { program: 100005 }, 'MNT', undefined],
])('a call %s', async (_what, call, procedure, object) => {
  const { records, take, all } = setUp();
  take(callFrame(1, call), 'none');
  records.stop();
  const [record] = await all();
  expect([record?.procedure, record?.object]).toEqual([procedure, object]);
  expect(record).not.toHaveProperty('store');
});

test('records and frames are in files, the frames with the time they had at the switch', () => {
  const { clock, records, take, lines } = setUp({ has_folder: true });
  const call = writeFrame(9, 1000);
  take(call.subarray(0, 512));
  clock.advance(3);
  take(replyFrame(9));
  clock.advance(1000);
  expect(lines('records.ndjson')).toMatchObject([{ xid: 9, procedure: 'WRITE', elapsed_us: 3000 }]);
  const { packets } = decodePcap(readFileSync(join(folder, 'frames.pcap')), 'frames.pcap');
  expect(packets.map(({ timestamp_ns, originalLength }) => [timestamp_ns, originalLength])).toEqual([
    [BigInt(START_US) * 1000n, call.length],
    [BigInt(START_US + 3000) * 1000n, replyFrame(9).length],
  ]);
  records.stop();
});

test('files are put aside before they grow too large, and each can be read', () => {
  const { clock, records, take } = setUp({ has_folder: true, rotate_bytes: 2000 });
  for (let xid = 0; xid < 40; xid++) {
    take(callFrame(xid));
    take(replyFrame(xid));
  }
  clock.advance(1000);
  records.stop();
  const files = readdirSync(folder).sort();
  expect(files).toEqual(
    [
      ...['frames.pcap', 'frames.1.pcap', 'frames.2.pcap'],
      ...['records.ndjson', 'records.1.ndjson', 'records.2.ndjson'],
      'summaries.ndjson',
    ].sort(),
  );
  const read = (name: string) => readFileSync(join(folder, name));
  const xids = ['records.2.ndjson', 'records.1.ndjson', 'records.ndjson'].flatMap((name) =>
    read(name)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as PerformanceRecord).xid),
  );
  expect(xids).toEqual(Array.from({ length: xids.length }, (_, index) => 40 - xids.length + index));
  for (const name of files) expect(read(name).length).toBeLessThanOrEqual(2000);
  for (const name of files.filter((one) => one.endsWith('.pcap'))) {
    expect(decodePcap(read(name), name).packets.length).toBeGreaterThan(3);
  }
});

test('what is there from before is put aside', () => {
  writeFileSync(join(folder, 'records.ndjson'), 'old\n');
  const { records, take } = setUp({ has_folder: true });
  take(callFrame(1));
  records.stop();
  expect(readFileSync(join(folder, 'records.1.ndjson'), 'utf8')).toBe('old\n');
  expect(readFileSync(join(folder, 'records.ndjson'), 'utf8')).toContain('"xid":1');
});

test('a folder that cannot be made is refused at once', () => {
  writeFileSync(join(folder, 'file'), '');
  const config = exampleConfig();
  config.records.folder = join(folder, 'file', 'records');
  const records = new Records({
    network: new Network(config),
    clock: new FakeClock(),
    logger: pino({ level: 'silent' }),
    readLoad: () => Promise.reject(new Error('not asked')),
  });
  expect(() => records.start()).toThrow(/ENOTDIR/);
});

test('frames are cut to what the switch shows of those it only records', () => {
  const { records, take } = setUp({ has_folder: true });
  const whole = writeFrame(1, 1400);
  take(whole);
  take(replyFrame(1));
  records.stop();
  const { packets } = decodePcap(readFileSync(join(folder, 'frames.pcap')), 'frames.pcap');
  expect(packets.map(({ data, originalLength }) => [data.length, originalLength])).toEqual([
    [512, whole.length],
    [replyFrame(1).length, replyFrame(1).length],
  ]);
  expect(Buffer.compare(packets[0]?.data ?? whole, whole.subarray(0, 512))).toBe(0);
});

test('a summary every interval; one the switch misses is in the next', async () => {
  const { clock, records, lines, count } = setUp({ has_folder: true });
  const step = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  records.resume();
  await step(0);
  count(10);
  await step(1000);
  count(-1);
  await step(1000);
  count(50);
  await step(1000);
  await step(500);
  expect(lines('summaries.ndjson')).toMatchObject([
    { time: '2026-01-02T03:04:06.000Z', interval_ms: 1000, services: [{ requests_per_s: 10 }] },
    { time: '2026-01-02T03:04:08.000Z', interval_ms: 2000, services: [{ requests_per_s: 20 }] },
  ]);
  expect(records.counts()).toMatchObject({ summaries_written: 2, summaries_failed: 1 });
  records.stop();
  expect(clock.waiting).toBe(0);
});

test('a switch that takes longer to read than the interval has its summaries still', async () => {
  const clock = new FakeClock();
  const read = () =>
    new Promise<LoadSnapshot>((resolve) => {
      const snapshot = {
        at_ms: clock.now_ms(),
        services: [],
        stores: [],
        unexpected_responses: 0,
        series: [],
      };
      clock.after(2500, () => resolve(snapshot));
    });
  const intervals_ms: number[] = [];
  const summaries = new Summaries(clock, 1000, read, ({ interval_ms }) => intervals_ms.push(interval_ms));
  summaries.start();
  for (let step = 0; step < 100; step++) {
    clock.advance(100);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  summaries.stop();
  expect(intervals_ms.length).toBeGreaterThanOrEqual(2);
  for (const interval_ms of intervals_ms) expect(interval_ms).toBeGreaterThanOrEqual(2500);
});
