import { RecordFeed } from '../../../src/controller/records/feed';
import type { PerformanceRecord } from '../../../src/controller/records/record';
import { FakeClock } from '../fake_clock';

const record = (xid: number, more: Partial<PerformanceRecord> = {}): PerformanceRecord => ({
  virtual_store: 'files',
  service: 'nfs',
  store: 'a',
  client: '10.0.1.1',
  client_port: 700,
  xid,
  program: 100003,
  version: 3,
  procedure: 'READ',
  request_time: '',
  request_bytes: 1,
  transmissions: 1,
  ...more,
});
const xids = (records: readonly PerformanceRecord[]) => records.map(({ xid }) => xid);

function setUp() {
  const clock = new FakeClock();
  return { clock, feed: new RecordFeed(clock) };
}

test('who begins sees what comes from then on, each once', async () => {
  const { feed } = setUp();
  feed.push(record(1));
  const begun = await feed.take({});
  expect(begun).toEqual({ records: [], next: 2, missed: 0 });
  feed.push(record(2));
  feed.push(record(3));
  const answer = await feed.take({ after: begun.next });
  expect(xids(answer.records)).toEqual([2, 3]);
  expect((await feed.take({ after: answer.next })).records).toEqual([]);
});

test('who waits is answered when a record fits', async () => {
  const { clock, feed } = setUp();
  const answer = feed.take({ store: 'b', wait_ms: 1000 });
  feed.push(record(1));
  await Promise.resolve();
  feed.push(record(2, { store: 'b' }));
  expect(xids((await answer).records)).toEqual([2]);
  expect(clock.waiting).toBe(0);
});

test('or when the time is over, or nothing will come', async () => {
  const { clock, feed } = setUp();
  const first = feed.take({ wait_ms: 1000 });
  clock.advance(1000);
  expect(await first).toEqual({ records: [], next: 1, missed: 0 });
  const second = feed.take({ wait_ms: 1000 });
  feed.end();
  expect((await second).records).toEqual([]);
  expect(clock.waiting).toBe(0);
});

test('who is too slow is told what is no longer here', async () => {
  const { feed } = setUp();
  for (let xid = 1; xid <= 10_000; xid++) feed.push(record(xid));
  const seen: number[] = [];
  let missed = 0;
  for (let next = 1; next <= 10_000;) {
    const answer = await feed.take({ after: next });
    seen.push(...xids(answer.records));
    missed += answer.missed;
    next = answer.next;
  }
  expect(missed).toBe(10_000 - 8192);
  expect(seen).toEqual(Array.from({ length: 8192 }, (_, index) => 10_000 - 8192 + index + 1));
});

test.each([
  [{ service: 'nfs' }, [1, 2, 4]],
  [{ service: 'files/nfs' }, [1, 2]],
  [{ store: 'b' }, [2]],
  [{ procedure: 'READ', service: 'mount' }, [3]],
  [{ procedure: 'WRITE' }, []],
])('%j fits %j', async (filter, expected) => {
  const { feed } = setUp();
  feed.push(record(1));
  feed.push(record(2, { store: 'b' }));
  feed.push(record(3, { service: 'mount' }));
  feed.push(record(4, { virtual_store: 'other' }));
  expect(xids((await feed.take({ after: 1, ...filter })).records)).toEqual(expected);
});

test('a number of a controller before this one is no reason to wait', async () => {
  const { feed } = setUp();
  const answer = await feed.take({ after: 5000 });
  feed.push(record(1));
  expect(xids((await feed.take({ after: answer.next })).records)).toEqual([1]);
});
