import type { LinkCapture } from '../../src/demo/captures';
import { measurePlacement, type PlacementReport } from '../../src/demo/placement';
import { rpcExchanges } from '../../src/demo/rpc_calls';
import { encodeRangeArgs, encodeWriteArgs, NFS3_PROCEDURE } from '../../src/wire/nfs3';
import { ADDRESSES, callFrame, link, ns, replyFrame } from './links';

const OUTAGE = { store: 'store1', killed_ns: ns(1000), restarted_ns: ns(4000) };

function measure(...captures: LinkCapture[]): PlacementReport {
  return measurePlacement(
    OUTAGE,
    new Map(captures.map((capture) => [capture.host, rpcExchanges(capture, ADDRESSES)])),
  );
}

type Store = 'store1' | 'store2' | 'store3';

/** One request's transmissions, in ms, at stores. */
function sent(...arrivals: [Store, number][]): PlacementReport {
  const at = (store: Store): LinkCapture =>
    link(
      store,
      ...arrivals
        .filter(([to]) => to === store)
        .map(([, time_ms]): [number, Uint8Array] => [time_ms, callFrame(store, 1)]),
    );
  return measure(at('store1'), at('store2'), at('store3'));
}

const HANDLE = Uint8Array.of(0x43, 1, 2, 3);

function write(store: Store, xid: number, handle = HANDLE): Uint8Array {
  const args = encodeWriteArgs(handle, 0n, 0, new Uint8Array(8));
  return callFrame(store, xid, { procedure: NFS3_PROCEDURE.WRITE, args });
}

function commit(store: Store, xid: number): Uint8Array {
  return callFrame(store, xid, {
    procedure: NFS3_PROCEDURE.COMMIT,
    args: encodeRangeArgs(HANDLE, 0n, 0),
  });
}

test('requests that stay at their store are where they belong', () => {
  const report = measure(
    link('store1', [1, callFrame('store1', 1)], [2, replyFrame('store1', 1)], [101, callFrame('store1', 1)]),
    link('store2', [1, callFrame('store2', 2)]),
  );
  expect(report).toEqual({
    requests_at_two_stores: 0,
    objects_at_two_stores: 0,
    objects_written: 0,
    moves: [],
  });
});

test('a repetition at another store is found, and told', () => {
  const report = sent(['store2', 500], ['store3', 600], ['store2', 700]);
  expect(report).toMatchObject({ requests_at_two_stores: 1 });
  expect(report.moves).toEqual(['request 10.0.1.11:800:1 went to store2, then at 600000000 ns to store3']);
});

test.each<[string, number, [Store, number][]]>([
  [
    'away from the dead store',
    0,
    [
      ['store1', 999],
      ['store1', 1100],
      ['store2', 1200],
    ],
  ],
  [
    'away from the dead store, and on',
    1,
    [
      ['store1', 1100],
      ['store2', 1200],
      ['store3', 1300],
    ],
  ],
  [
    'away from the store before its death',
    1,
    [
      ['store1', 800],
      ['store2', 900],
    ],
  ],
  [
    'away from the store after its return',
    1,
    [
      ['store1', 4100],
      ['store2', 4200],
    ],
  ],
  [
    'to the store before its death',
    1,
    [
      ['store2', 800],
      ['store1', 900],
    ],
  ],
  [
    'to the dead store',
    1,
    [
      ['store2', 1200],
      ['store1', 1300],
    ],
  ],
  [
    'to the store after its return',
    1,
    [
      ['store2', 3950],
      ['store1', 4050],
    ],
  ],
  [
    'between living stores while it is dead',
    1,
    [
      ['store2', 1200],
      ['store3', 1300],
    ],
  ],
])('a request that goes %s: %d', (_, requests_at_two_stores, arrivals) => {
  expect(sent(...arrivals)).toMatchObject({ requests_at_two_stores });
});

test('WRITE and COMMIT of one file at two stores are found', () => {
  const report = measure(
    link('store2', [1, write('store2', 1)], [2, write('store2', 2)]),
    link('store3', [3, commit('store3', 3)], [4, write('store3', 4, Uint8Array.of(9))]),
  );
  expect(report).toMatchObject({ requests_at_two_stores: 0, objects_at_two_stores: 1, objects_written: 2 });
  expect(report.moves).toEqual(['file 43010203 went to store2, then at 3000000 ns to store3']);
});

test('a file may leave the dead store and come back to it once it is started again', () => {
  const report = measure(
    link('store1', [900, write('store1', 1)], [4100, write('store1', 4)]),
    link('store2', [1200, write('store2', 2)], [1300, commit('store2', 3)]),
  );
  expect(report).toMatchObject({ objects_at_two_stores: 0, objects_written: 1 });
});

test.each<[string, LinkCapture, LinkCapture]>([
  [
    'to the dead store',
    link('store2', [1200, write('store2', 1)]),
    link('store1', [1300, commit('store1', 2)]),
  ],
  [
    'away from it after its return',
    link('store1', [4100, write('store1', 1)]),
    link('store2', [4200, commit('store2', 2)]),
  ],
  [
    'to another than it after its return',
    link('store2', [4100, write('store2', 1)]),
    link('store3', [4200, commit('store3', 2)]),
  ],
])('a file that goes %s is found', (_, first, second) => {
  expect(measure(first, second)).toMatchObject({ objects_at_two_stores: 1 });
});
