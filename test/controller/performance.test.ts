/** What the switch counts and shows of requests, as the controller makes sense of it: every target there is. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Controller } from '../../src/controller';
import { loadBetween } from '../../src/controller/load/load';
import type { LoadSnapshot } from '../../src/controller/load/snapshot';
import type { PerformanceRecord } from '../../src/controller/records/record';
import { readSample } from '../../src/controller/records/sample';
import type { Summary } from '../../src/controller/records/summaries';
import { decodePcap } from '../../src/wire/pcap';
import { targets } from '../targets';
import type { RunningTarget } from '../targets/target';
import { exampleConfig, STORES } from './example';
import { CLIENT1, Site, until } from './site';

const PORTS = [1, 2, 3, 4, 5, 101];
const logger = pino({ level: process.env.STORESWITCH_TEST_LOG ?? 'silent' });

const countOf = ({ series }: LoadSnapshot): number =>
  series.flatMap(({ counts }) => counts).reduce((sum, [, responses]) => sum + responses, 0);

describe.each(targets)('performance records on $name', (kind) => {
  if (kind.skipped !== undefined) {
    test.skip(kind.skipped, () => undefined);
    return;
  }
  let target: RunningTarget;
  let site: Site;
  let controller: Controller;
  let folder: string;

  beforeEach(async () => {
    target = await kind.start(PORTS);
    site = new Site(target);
    const config = exampleConfig('health: { interval_ms: 200, timeout_ms: 500 }');
    const [service] = config.virtual_stores[0]?.services ?? [];
    if (service !== undefined) service.records = { sample: 1 };
    folder = mkdtempSync(join(tmpdir(), 'storeswitch-performance-'));
    config.records = { ...config.records, folder, summary_interval_ms: 100 };
    controller = new Controller(config, { logger, target: target.address });
    await controller.start();
    // The last that is written of a store is that it is not down.
    await until('stores are up, and the switch knows', async () => {
      const { entries } = await controller.readTable('store_down');
      return entries.length === 0 && controller.stores().every(({ state }) => state === 'up');
    });
  });

  afterEach(async () => {
    await controller.stop();
    await site.close();
    await target.stop();
    rmSync(folder, { recursive: true });
  });

  /** Calls 1 to `count`, until all are answered. */
  async function call(count: number): Promise<void> {
    for (let xid = 1; xid <= count; xid++) site.call(CLIENT1, xid);
    await until('responses arrive', () => {
      const xids = site
        .received(CLIENT1)
        .map((frame) => readSample(frame)?.message)
        .flatMap((message) => (message?.kind === 'reply' ? [message.xid] : []));
      return new Set(xids).size === count;
    });
  }

  test('every response is counted by service, procedure and store', async () => {
    const before = await controller.readLoad();
    expect(before.series).toEqual([]);
    await call(30);
    let after = before;
    // A reading that began before the last response may be shared, and its counters are read one after the other.
    await until('all are counted', async () => {
      after = await controller.readLoad();
      return countOf(after) === 30 && after.services[0]?.requests === 30;
    });
    // NULL of NFS; health checks are no service's.
    expect(after.services).toEqual([{ service: 'share/nfs-udp', requests: 30, retransmissions: 0 }]);
    const counted = (store: string) =>
      after.series
        .filter((one) => one.store === store && one.procedure === 'NULL')
        .flatMap(({ counts }) => counts)
        .reduce((sum, [, responses]) => sum + responses, 0);
    for (const { store, sent } of after.stores) expect(counted(store)).toBe(sent);
    expect(after.stores.reduce((sum, { sent }) => sum + sent, 0)).toBe(30);
    expect(new Set(after.series.map(({ procedure }) => procedure))).toEqual(new Set(['NULL']));
    const load = loadBetween(before, after);
    expect(load.procedures).toHaveLength(1);
    expect(load.services[0]?.p50_us).toBeGreaterThan(0);
    expect(load.services[0]?.p99_us).toBeGreaterThanOrEqual(load.services[0]?.p50_us ?? NaN);
    // Nothing has changed: what is not read again is still there.
    expect((await controller.readLoad()).series).toEqual(after.series);
  });

  test('every sampled request becomes a record with its response', async () => {
    const { next } = await controller.takeRecords({});
    await call(20);
    const records: PerformanceRecord[] = [];
    let after = next;
    await until('all are recorded', async () => {
      const answer = await controller.takeRecords({ after });
      records.push(...answer.records);
      after = answer.next;
      return records.length >= 20;
    });
    expect(records.map(({ xid }) => xid).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    for (const record of records) {
      expect(record).toMatchObject({
        virtual_store: 'share',
        service: 'nfs-udp',
        client: CLIENT1.address,
        client_port: 900,
        procedure: 'NULL',
        outcome: 'success',
        transmissions: 1,
        request_bytes: 40,
      });
      expect(record.elapsed_us).toBeGreaterThan(0);
      expect(Date.parse(record.response_time ?? '')).toBeGreaterThanOrEqual(Date.parse(record.request_time));
      expect(Math.abs(Date.parse(record.request_time) - Date.now())).toBeLessThan(60_000);
    }
    const by_store = (store: string) => records.filter((record) => record.store === store).length;
    for (const store of STORES) expect(by_store(store)).toBe(site.calls.get(store) ?? 0);
    const { controller: counts } = await controller.readCounters();
    expect(counts).toMatchObject({
      records_answered: 20,
      record_frames_unreadable: 0,
      packet_ins_unknown: 0,
    });
  });

  test('records, frames and summaries are written', async () => {
    await call(5);
    const read = (name: string) => readFileSync(join(folder, name));
    const lines = (name: string) => read(name).toString().split('\n').slice(0, -1);
    await until(
      'all is written',
      () => lines('records.ndjson').length === 5 && lines('summaries.ndjson').length > 0,
    );
    await controller.stop();
    expect(lines('records.ndjson')).toHaveLength(5);
    expect(decodePcap(read('frames.pcap'), 'frames.pcap').packets).toHaveLength(10);
    const summaries = lines('summaries.ndjson').map((line) => JSON.parse(line) as Summary);
    expect(summaries[0]).toMatchObject({ services: [{ service: 'share/nfs-udp' }] });
  });
});
