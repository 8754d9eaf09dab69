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
  const { result, complaints } = analyse(captures, ADDRESSES, outage);
  expect(complaints).toEqual([]);
  expect(result).toEqual({
    failover_ms: 202,
    failover_with_losses_ms: 202,
    held_up_requests: 1,
    lost_in_switch: 0,
    lost_in_switch_before_kill: 0,
    requests_at_two_stores: 0,
    objects_at_two_stores: 0,
    objects_written: 0,
    return_ms: 101,
    frames_forwarded: 9,
    frames_altered: 0,
    frames_not_forwarded: 0,
    stores: [
      {
        name: 'store1',
        requests: 3,
        gateway_requests: 0,
        share_all_up: 0.5,
        tcp_connections: 0,
        p50_us: 250,
        p99_us: 900,
      },
      {
        name: 'store2',
        requests: 2,
        gateway_requests: 0,
        share_all_up: 0.5,
        tcp_connections: 0,
        p50_us: 400,
        p99_us: 1000,
      },
    ],
  });
});

test('a request at two stores and a frame that nobody sent are told', () => {
  const captures = [
    link(
      'client1',
      [1, callFrame('client1', 1)],
      [101, callFrame('client1', 1)],
      [1001, callFrame('client1', 2)],
    ),
    link('store1', [1.1, callFrame('store1', 1)], [1001.1, callFrame('store1', 2)]),
    link('store2', [101.1, callFrame('store2', 1)], [102, callFrame('store2', 7)]),
  ];
  const outage = { store: 'store1', killed_ns: ns(1000), restarted_ns: ns(4000) };
  const { result, complaints } = analyse(captures, ADDRESSES, outage);
  expect(result).toMatchObject({ requests_at_two_stores: 1, frames_altered: 1 });
  expect(complaints).toEqual([
    expect.stringMatching(/^altered frame to store2/),
    expect.stringMatching(/^request .* went to store1, then at 101100000 ns to store2$/),
  ]);
});
