import { loadBetween } from '../../../src/controller/load/load';
import type { LoadSnapshot } from '../../../src/controller/load/snapshot';
import { BUCKET_BOUNDS_US } from '../../../src/dataplane/response_time_bucket';

/** The bucket of 1024 us to 1280 us. */
const MILLISECOND = BUCKET_BOUNDS_US.indexOf(1024);
const TEN_MILLISECONDS = BUCKET_BOUNDS_US.indexOf(10_240);

/** Store `a` answered `read` requests, `b` `write`; the rest of `requests` went to `b`, too. */
function snapshot(
  at_ms: number,
  read: number,
  write: number,
  requests = read + write,
  error = 0,
): LoadSnapshot {
  const to_b = requests - read;
  return {
    at_ms,
    services: [{ service: 'files/nfs', requests, retransmissions: 0 }],
    stores: [
      { store: 'a', sent: read, new_requests: read, new_requests_error: error, answered: read },
      { store: 'b', sent: to_b, new_requests: to_b, new_requests_error: error, answered: write },
    ],
    unexpected_responses: 0,
    series: [
      { service: 'files/nfs', procedure: 'READ', store: 'a', counts: [[MILLISECOND, read]] },
      { service: 'files/nfs', procedure: 'WRITE', store: 'b', counts: [[TEN_MILLISECONDS, write]] },
    ],
  };
}

test('what was counted in between, by service, store and procedure', () => {
  const load = loadBetween(snapshot(1000, 500, 10), snapshot(3000, 2500, 110));
  expect(load.interval_ms).toBe(2000);
  // 1000 responses a second of 1.152 ms are 1.15 at a time; 50 of 11.3 ms are 0.56.
  expect(load.services).toEqual([
    {
      service: 'files/nfs',
      requests_per_s: 1050,
      retransmissions_per_s: 0,
      responses_per_s: 1050,
      outstanding: 1.72,
      p50_us: expect.any(Number) as number,
      p99_us: expect.any(Number) as number,
    },
  ]);
  expect(load.stores).toMatchObject([
    { store: 'a', sent_per_s: 1000, responses_per_s: 1000, outstanding: 1.15 },
    { store: 'b', sent_per_s: 50, responses_per_s: 50, outstanding: 0.56 },
  ]);
  expect(load.procedures.map(({ procedure }) => procedure)).toEqual(['READ', 'WRITE']);
  expect(load.procedures[0]?.p99_us).toBeGreaterThanOrEqual(1024);
  expect(load.procedures[0]?.p99_us).toBeLessThan(1280);
  expect(load.series).toMatchObject([
    { procedure: 'READ', store: 'a' },
    { procedure: 'WRITE', store: 'b' },
  ]);
});

test('requests without response are told, and have no response time', () => {
  const { services, stores } = loadBetween(snapshot(0, 0, 0), snapshot(1000, 0, 0, 70));
  expect(services).toEqual([
    {
      service: 'files/nfs',
      requests_per_s: 70,
      retransmissions_per_s: 0,
      responses_per_s: 0,
      outstanding: 0,
    },
  ]);
  expect(stores).toEqual([
    { store: 'a', sent_per_s: 0, unanswered_per_s: 0, responses_per_s: 0, outstanding: 0 },
    { store: 'b', sent_per_s: 70, unanswered_per_s: 70, responses_per_s: 0, outstanding: 70 },
  ]);
});

test('what a store does not answer is outstanding for four seconds, then forgotten', () => {
  const [begin, stuck] = [snapshot(0, 0, 0), snapshot(1000, 0, 0, 30)];
  const later = (at_ms: number) => snapshot(at_ms, 0, 0, 30);
  const ofB = (load: ReturnType<typeof loadBetween>) => load.stores[1];
  expect(ofB(loadBetween(stuck, later(2000), [begin]))).toMatchObject({
    outstanding: 30,
    unanswered_per_s: 0,
  });
  expect(ofB(loadBetween(later(3000), later(4000), [later(2000), stuck, begin]))?.outstanding).toBe(30);
  expect(ofB(loadBetween(later(3000), later(4001), [later(2000), stuck, begin]))?.outstanding).toBe(0);
});

test('what may be an error of reading is no unanswered request', () => {
  const unanswered = (error: number) =>
    loadBetween(snapshot(0, 0, 0), snapshot(1000, 0, 100, 110, error)).stores[1]?.unanswered_per_s;
  expect([0, 4, 10, 11].map(unanswered)).toEqual([10, 6, 0, 0]);
});

test('a switch that began anew has counted from 0', () => {
  const { services, procedures } = loadBetween(snapshot(0, 1000, 1000), snapshot(1000, 30, 20));
  expect(services[0]).toMatchObject({ requests_per_s: 50, responses_per_s: 50 });
  expect(procedures).toMatchObject([{ responses_per_s: 30 }, { responses_per_s: 20 }]);
});
