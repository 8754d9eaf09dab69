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
  ).toEqual({ failover_ms: 302, held_up_requests: 1, requests_meanwhile: 1 });
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
    [2000, callFrame('client1', 1)],
    [2100, callFrame('client1', 1)],
    [2150, replyFrame('client1', 1)],
    [2151, replyFrame('client1', 1)],
  );
  const store2 = link(
    'store2',
    [2000.5, callFrame('store2', 1)],
    [2100.5, callFrame('store2', 1)],
    [2149, replyFrame('store2', 1)],
    [2150, replyFrame('store2', 1)],
  );
  expect(measure(client, link('store1'), store2)).toMatchObject({ failover_ms: 0, held_up_requests: 0 });
});

test('a request that is never answered counts until the store is back', () => {
  const client = link('client1', [1100, callFrame('client1', 1)]);
  const store1 = link('store1', [1101, callFrame('store1', 1)]);
  expect(measure(client, store1, link('store2'))).toMatchObject({ failover_ms: 3000, held_up_requests: 1 });
});

test('without any request meanwhile there is no measurement', () => {
  expect(() => measure(link('client1'), link('store1'), link('store2'))).toThrow(DemoError);
});
