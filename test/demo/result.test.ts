import { analyse } from '../../src/demo/result';
import { callFrame, link, ns, replyFrame, ADDRESSES } from './links';

test("requests, shares and response times are each store's own", () => {
  const captures = [
    link(
      'client1',
      [1, callFrame('client1', 1)],
      [2, callFrame('client1', 2)],
      [3, replyFrame('client1', 1)],
      [3, replyFrame('client1', 2)],
      [1100, callFrame('client1', 3)],
      [1200, callFrame('client1', 3)],
      [1202, replyFrame('client1', 3)],
      [4100, callFrame('client1', 4)],
      [4102, replyFrame('client1', 4)],
    ),
    link(
      'store1',
      [1.1, callFrame('store1', 1)],
      [1.35, replyFrame('store1', 1)],
      [1100.1, callFrame('store1', 3)],
      [4100.1, callFrame('store1', 4)],
      [4101, replyFrame('store1', 4)],
    ),
    link(
      'store2',
      [2.1, callFrame('store2', 2)],
      [2.5, replyFrame('store2', 2)],
      [1200.1, callFrame('store2', 3)],
      [1201.1, replyFrame('store2', 3)],
    ),
  ];
  const outage = { store: 'store1', killed_ns: ns(1000), restarted_ns: ns(4000) };
  expect(analyse(captures, ADDRESSES, outage)).toEqual({
    failover_ms: 202,
    held_up_requests: 1,
    return_ms: 101,
    frames_forwarded: 9,
    frames_altered: 0,
    alteredFrames: [],
    stores: [
      { name: 'store1', requests: 3, share_all_up: 0.5, tcp_connections: 0, p50_us: 250, p99_us: 900 },
      { name: 'store2', requests: 2, share_all_up: 0.5, tcp_connections: 0, p50_us: 400, p99_us: 1000 },
    ],
  });
});
