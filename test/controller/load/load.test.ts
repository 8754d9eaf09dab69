import { loadBetween } from '../../../src/controller/load/load';
import type { LoadSnapshot } from '../../../src/controller/load/snapshot';
import { BUCKET_BOUNDS_US } from '../../../src/dataplane/response_time_bucket';

/** The bucket of 1024 us to 1280 us. */
const MILLISECOND = BUCKET_BOUNDS_US.indexOf(1024);
const TEN_MILLISECONDS = BUCKET_BOUNDS_US.indexOf(10_240);

function snapshot(at_ms: number, read: number, write: number, requests = read + write): LoadSnapshot {
  return {
    at_ms,
    services: [{ service: 'files/nfs', requests, retransmissions: 0, is_complete: true }],
    stores: [
      { store: 'a', sent: read },
      { store: 'b', sent: write },
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
      unanswered_per_s: 0,
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
      unanswered_per_s: 70,
      responses_per_s: 0,
      outstanding: 0,
    },
  ]);
  expect(stores[0]).toEqual({ store: 'a', sent_per_s: 0, responses_per_s: 0, outstanding: 0 });
});

test('where some responses are in no histogram, nothing is said of those that lack', () => {
  const after = snapshot(1000, 10, 10, 70);
  const [service] = after.services;
  if (service === undefined) throw new Error('no service');
  service.is_complete = false;
  expect(loadBetween(snapshot(0, 0, 0), after).services[0]).not.toHaveProperty('unanswered_per_s');
});

test('a switch that began anew has counted from 0', () => {
  const { services, procedures } = loadBetween(snapshot(0, 1000, 1000), snapshot(1000, 30, 20));
  expect(services[0]).toMatchObject({ requests_per_s: 50, responses_per_s: 50 });
  expect(procedures).toMatchObject([{ responses_per_s: 30 }, { responses_per_s: 20 }]);
});
