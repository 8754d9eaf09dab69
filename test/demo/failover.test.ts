import type { LinkCapture } from '../../src/demo/captures';
import { DemoError } from '../../src/demo/errors';
import { measureFailover, type Failover } from '../../src/demo/failover';
import { rpcExchanges } from '../../src/demo/rpc_calls';
import { callFrame, link, ns, replyFrame, ADDRESSES } from './links';

const OUTAGE = { store: 'store1', killed_ns: ns(1000), restarted_ns: ns(4000) };

function measure(client: LinkCapture, store1: LinkCapture, store2: LinkCapture): Failover {
  const stores = new Map([store1, store2].map((capture) => [capture.host, rpcExchanges(capture, ADDRESSES)]));
  return measureFailover(OUTAGE, rpcExchanges(client, ADDRESSES), stores);
}

/** Sent at 1100 and 1200 to the dead store, at 1300 to another, which answers. */
const HELD_UP = {
  client: [
    [1100, callFrame('client1', 1)],
    [1200, callFrame('client1', 1)],
    [1300, callFrame('client1', 1)],
    [1302, replyFrame('client1', 1)],
  ],
  store1: [
    [1100.5, callFrame('store1', 1)],
    [1200.5, callFrame('store1', 1)],
  ],
  store2: [
    [1300.5, callFrame('store2', 1)],
    [1301, replyFrame('store2', 1)],
  ],
} satisfies Record<string, [number, Uint8Array][]>;

test('the last answer of a request that met the dead store counts', () => {
  expect(
    measure(
      link('client1', ...HELD_UP.client),
      link('store1', ...HELD_UP.store1),
      link('store2', ...HELD_UP.store2),
    ),
  ).toEqual({
    failover_ms: 302,
    failover_with_losses_ms: 302,
    held_up_requests: 1,
    requests_meanwhile: 1,
    lost_in_switch: 0,
    lost_in_switch_before_kill: 0,
  });
});

test('a request outstanding at the kill counts, one answered before it does not', () => {
  const client = link(
    'client1',
    [900, callFrame('client1', 1)],
    [990, callFrame('client1', 2)],
    [995, replyFrame('client1', 2)],
    [1100, callFrame('client1', 1)],
    [1700, callFrame('client1', 1)],
    [1701, replyFrame('client1', 1)],
    [3000, callFrame('client1', 3)],
    [3001, replyFrame('client1', 3)],
  );
  const store1 = link(
    'store1',
    [901, callFrame('store1', 1)],
    [991, callFrame('store1', 2)],
    [994, replyFrame('store1', 2)],
    [1101, callFrame('store1', 1)],
  );
  const store2 = link('store2', [1700.5, callFrame('store2', 1)], [1700.7, replyFrame('store2', 1)]);
  expect(measure(client, store1, store2)).toMatchObject({ failover_ms: 701, held_up_requests: 1 });
});

test('a request dropped by the switch counts', () => {
  const client = link(
    'client1',
    [1100, callFrame('client1', 1)],
    [1200, callFrame('client1', 1)],
    [1201, replyFrame('client1', 1)],
  );
  const store2 = link('store2', [1200.5, callFrame('store2', 1)], [1200.7, replyFrame('store2', 1)]);
  expect(measure(client, link('store1'), store2)).toMatchObject({ failover_ms: 201, held_up_requests: 1 });
});

test('a live store that is merely slow does not count', () => {
  const client = link(
    'client1',
    ...HELD_UP.client,
    [2000, callFrame('client1', 2)],
    [2100, callFrame('client1', 2)],
    [2150, replyFrame('client1', 2)],
    [2151, replyFrame('client1', 2)],
  );
  const store2 = link(
    'store2',
    ...HELD_UP.store2,
    [2000.5, callFrame('store2', 2)],
    [2100.5, callFrame('store2', 2)],
    [2149, replyFrame('store2', 2)],
    [2150, replyFrame('store2', 2)],
  );
  expect(measure(client, link('store1', ...HELD_UP.store1), store2)).toMatchObject({
    failover_ms: 302,
    held_up_requests: 1,
    requests_meanwhile: 2,
  });
});

test('a request that is never answered counts until the store is back', () => {
  const client = link('client1', [1100, callFrame('client1', 1)]);
  const store1 = link('store1', [1101, callFrame('store1', 1)]);
  expect(measure(client, store1, link('store2'))).toMatchObject({ failover_ms: 3000, held_up_requests: 1 });
});

test('without any request meanwhile there is no measurement', () => {
  expect(() => measure(link('client1'), link('store1'), link('store2'))).toThrow(DemoError);
});

test('without any request that met the dead store there is none either', () => {
  const client = link('client1', [2000, callFrame('client1', 1)], [2001, replyFrame('client1', 1)]);
  const store2 = link('store2', [2000.3, callFrame('store2', 1)], [2000.6, replyFrame('store2', 1)]);
  expect(() => measure(client, link('store1'), store2)).toThrow(DemoError);
});

describe('what the switch loses', () => {
  /** Requests, each ms from `from_ms` to `to_ms`; those in `lost` are lost as often as it says, 100 ms apart. */
  function load(from_ms: number, to_ms: number, lost: (time_ms: number) => number) {
    const client: [number, Uint8Array][] = [];
    const store2: [number, Uint8Array][] = [];
    for (let time_ms = from_ms; time_ms < to_ms; time_ms++) {
      const xid = 1_000_000 + time_ms;
      const arrives_ms = time_ms + lost(time_ms) * 100;
      for (let at_ms = time_ms; at_ms <= arrives_ms; at_ms += 100) {
        client.push([at_ms, callFrame('client1', xid)]);
      }
      store2.push(
        [arrives_ms + 0.2, callFrame('store2', xid)],
        [arrives_ms + 0.4, replyFrame('store2', xid)],
      );
      client.push([arrives_ms + 0.5, replyFrame('client1', xid)]);
    }
    return { client, store2 };
  }

  function measureLoad(
    lostBefore: (time_ms: number) => number,
    lostMeanwhile: (time_ms: number) => number,
  ): Failover {
    const before = load(0, 800, lostBefore);
    const meanwhile = load(1001, 2001, lostMeanwhile);
    return measure(
      link('client1', ...before.client, ...HELD_UP.client, ...meanwhile.client),
      link('store1', ...HELD_UP.store1),
      link('store2', ...before.store2, ...HELD_UP.store2, ...meanwhile.store2),
    );
  }

  const every =
    (interval: number, times = 1) =>
    (time_ms: number): number =>
      time_ms % interval === 0 ? times : 0;
  const never = (): number => 0;

  test('as often before the kill as after it is not the failover, but told', () => {
    expect(measureLoad(every(50), every(50))).toMatchObject({
      failover_ms: 302,
      failover_with_losses_ms: 1000 + 100.5,
      held_up_requests: 1,
      lost_in_switch: 36,
      lost_in_switch_before_kill: 16,
    });
  });

  test('and lost nothing before the kill, counts', () => {
    expect(measureLoad(never, (time_ms) => (time_ms === 1900 ? 1 : 0))).toMatchObject({
      failover_ms: 1000.5,
      held_up_requests: 2,
    });
  });

  test('more often than before the kill, counts', () => {
    expect(measureLoad(every(50), every(10)).failover_ms).toBeGreaterThan(1000);
  });

  test('of one slot again and again, counts, however rare', () => {
    expect(measureLoad(every(50), (time_ms) => (time_ms === 1500 ? 9 : every(50)(time_ms)))).toMatchObject({
      failover_ms: 1400.5,
    });
  });

  test('counts up to where the dead store is taken over, and as usual from there', () => {
    const report = measureLoad(every(50), (time_ms) =>
      time_ms < 1400 && time_ms % 3 === 0 ? Math.ceil((1400 - time_ms) / 100) : every(50)(time_ms),
    );
    expect(report.failover_ms).toBeGreaterThanOrEqual(399);
    expect(report.failover_ms).toBeLessThan(700);
    expect(report.failover_with_losses_ms).toBe(1100.5);
  });
});
