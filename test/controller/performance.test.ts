/** What the switch counts and shows of requests, as the controller makes sense of it: every target there is. */
import pino from 'pino';
import { Controller } from '../../src/controller';
import { loadBetween } from '../../src/controller/load/load';
import { targets } from '../targets';
import type { RunningTarget } from '../targets/target';
import { exampleConfig } from './example';
import { CLIENT1, Site, until } from './site';

const PORTS = [1, 2, 3, 4, 5, 101];
const logger = pino({ level: process.env.STORESWITCH_TEST_LOG ?? 'silent' });

describe.each(targets)('performance records on $name', (kind) => {
  if (kind.skipped !== undefined) {
    test.skip(kind.skipped, () => undefined);
    return;
  }
  let target: RunningTarget;
  let site: Site;
  let controller: Controller;

  beforeEach(async () => {
    target = await kind.start(PORTS);
    site = new Site(target);
    const config = exampleConfig('health: { interval_ms: 200, timeout_ms: 500 }');
    const [service] = config.virtual_stores[0]?.services ?? [];
    if (service !== undefined) service.records = { sample: 1 };
    controller = new Controller(config, { logger, target: target.address });
    await controller.start();
    await until('stores are up', () => controller.stores().every(({ state }) => state === 'up'));
  });

  afterEach(async () => {
    await controller.stop();
    await site.close();
    await target.stop();
  });

  /** Until that many responses have arrived; the first may wait for the way back to be found. */
  async function call(count: number): Promise<void> {
    const before = site.received(CLIENT1).length;
    for (let xid = 1; xid <= count; xid++) site.call(CLIENT1, xid);
    await until('responses arrive', () => site.received(CLIENT1).length >= before + count);
  }

  test('every response is counted by service, procedure and store', async () => {
    const before = await controller.readLoad();
    expect(before.series).toEqual([]);
    await call(30);
    const after = await controller.readLoad();
    // NULL of NFS; health checks are no service's.
    expect(after.services).toEqual([
      { service: 'share/nfs-udp', requests: 30, retransmissions: 0, is_complete: true },
    ]);
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
});
