/** Which request a call repeats, and which one a response answers, where clients use xids again. */
import fc from 'fast-check';
import { Network } from '../../../src/controller/network';
import { Joiner } from '../../../src/controller/records/joiner';
import type { PerformanceRecord } from '../../../src/controller/records/record';
import { readSample } from '../../../src/controller/records/sample';
import { encodeDirectoryEntryArgs, encodeHandleArgs } from '../../../src/wire/nfs3';
import type { RpcCall } from '../../../src/wire/rpc';
import { exampleConfig, STORES, type StoreName } from '../example';
import { FakeClock } from '../fake_clock';
import { callFrame, HANDLE, replyFrame } from './frames';

const OTHER_HANDLE = Uint8Array.from([0x43, 0, 0, 1, 0xbe, 0xef]);
const GETATTR: Partial<RpcCall> = {};
const REMOVE: Partial<RpcCall> = { procedure: 12, args: encodeDirectoryEntryArgs(HANDLE, 'name') };

function setUp() {
  const network = new Network(exampleConfig());
  const clock = new FakeClock();
  const records: PerformanceRecord[] = [];
  const joiner = new Joiner(network, clock, { unanswered_ms: 10_000, waiting_max: 100 }, (record) =>
    records.push(record),
  );
  const take = (frame: Uint8Array, store?: StoreName) => {
    const sample = readSample(frame);
    if (sample === undefined) throw new Error('not a sample');
    const switch_us = clock.now_ms() * 1000;
    const store_id = store === undefined ? 0 : network.storeId(store);
    joiner.take({ ...sample, store_id, switch_us, time_us: switch_us });
  };
  return { clock, joiner, records, take };
}

test.each<[string, Partial<RpcCall>]>([
  ['procedure', { procedure: 4 }],
  ['version', { version: 4 }],
  ['program', { program: 100005 }],
  ['object', { args: encodeHandleArgs(OTHER_HANDLE) }],
])('a call with the xid of one that waits, but of another %s, is another request', (_what, call) => {
  const { clock, joiner, records, take } = setUp();
  take(callFrame(7), 'store1');
  clock.advance(1000);
  take(callFrame(7, call), 'store2');
  expect(records).toMatchObject([{ xid: 7, procedure: 'GETATTR', store: 'store1', transmissions: 1 }]);
  expect(records[0]).not.toHaveProperty('response_time');
  clock.advance(2);
  take(replyFrame(7), 'store2');
  expect(records).toHaveLength(2);
  expect(records[1]).toMatchObject({ xid: 7, store: 'store2', transmissions: 1, elapsed_us: 2000 });
  expect(joiner.counts.values()).toMatchObject({ records_xid_reused: 1, records_answered: 1 });
  expect(joiner.waiting).toBe(0);
});

test('the same call is a retransmission', () => {
  const { joiner, records, take } = setUp();
  take(callFrame(7, REMOVE), 'store1');
  take(callFrame(7, REMOVE), 'store1');
  take(replyFrame(7), 'store1');
  expect(records).toMatchObject([{ procedure: 'REMOVE', transmissions: 2, outcome: 'success' }]);
  expect(joiner.counts.values()).toMatchObject({ records_xid_reused: 0, records_answered: 1 });
});

test('the response to the request before, of another store, is not that of the one that waits', () => {
  const { clock, joiner, records, take } = setUp();
  take(callFrame(7, GETATTR), 'store1');
  take(callFrame(7, REMOVE), 'store2');
  take(replyFrame(7, 70), 'store1');
  expect(records.map(({ procedure }) => procedure)).toEqual(['GETATTR']);
  clock.advance(3);
  take(replyFrame(7), 'store2');
  expect(records[1]).toMatchObject({ procedure: 'REMOVE', nfs_status: 0, elapsed_us: 3000 });
  expect(joiner.counts.values()).toMatchObject({ records_without_request: 1, records_answered: 1 });
});

test.each<[string, StoreName | undefined, StoreName | undefined, StoreName | undefined]>([
  ['of a request is known', undefined, 'store2', 'store2'],
  ['of a response is known', 'store1', undefined, 'store1'],
  ['of either is known', undefined, undefined, undefined],
])('where no store %s, the xid alone counts', (_what, asked, answered, store) => {
  const { records, take } = setUp();
  take(callFrame(7), asked);
  take(replyFrame(7), answered);
  expect(records).toMatchObject([{ outcome: 'success' }]);
  expect(records[0]?.store).toBe(store);
});

test('whichever store a request was repeated to may answer it', () => {
  const { records, take } = setUp();
  take(callFrame(7), 'store1');
  take(callFrame(7), 'store3');
  take(replyFrame(7), 'store1');
  expect(records).toMatchObject([{ transmissions: 2, store: 'store1', outcome: 'success' }]);
});

test('another client, or another xid, leaves a request alone', () => {
  const { joiner, take } = setUp();
  take(callFrame(7), 'store1');
  take(callFrame(8, REMOVE), 'store1');
  expect(joiner.waiting).toBe(2);
  expect(joiner.counts.get('records_xid_reused')).toBe(0);
});

test('each call is in one record, and no record has an answer of a store it never went to', () => {
  const CALLS = [GETATTR, REMOVE, { args: encodeHandleArgs(OTHER_HANDLE) }];
  const event = fc.record({
    is_call: fc.boolean(),
    xid: fc.integer({ min: 1, max: 2 }),
    call: fc.nat({ max: CALLS.length - 1 }),
    store: fc.constantFrom(...STORES),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { joiner, records, take } = setUp();
      const asked = new Set<string>();
      let calls = 0;
      for (const { is_call, xid, call, store } of events) {
        if (!is_call) take(replyFrame(xid), store);
        else {
          take(callFrame(xid, CALLS[call]), store);
          asked.add(`${xid} ${store}`);
          calls += 1;
        }
      }
      joiner.end();
      expect(records.reduce((sum, { transmissions }) => sum + transmissions, 0)).toBe(calls);
      for (const { xid, store } of records) expect(asked).toContain(`${xid} ${store}`);
      const counts = joiner.counts.values();
      const { records_answered = 0, records_unanswered = 0, records_xid_reused = 0 } = counts;
      expect(records_answered + records_unanswered + records_xid_reused).toBe(records.length);
    }),
  );
});
