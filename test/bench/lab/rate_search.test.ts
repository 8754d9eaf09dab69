import { BACKLOG_MAX, highestLossFreeRate, type Trial } from '../../../src/bench/lab/rate_search';

const SEARCH = { start_pps: 1_000, min_pps: 100, max_pps: 1_000_000, precision: 0.05, attempts: 2 };

/** A switch that forwards `capacity_pps` and queues what is above it, up to `queue` frames. */
function queueing(capacity_pps: number, queue: number): Trial {
  return (rate_pps) => {
    const behind = Math.max(0, rate_pps - capacity_pps);
    const sent = rate_pps;
    return Promise.resolve({
      sent,
      received: sent - Math.max(0, behind - queue),
      backlog: Math.min(behind, queue),
      duration_s: 1,
    });
  };
}

test.each([5_000, 27_000, 300_000])(
  'finds %i frames per second, whatever the queue',
  async (capacity_pps) => {
    for (const queue of [0, 10_000]) {
      const found = await highestLossFreeRate(queueing(capacity_pps, queue), SEARCH);
      expect(found).toBeGreaterThan(capacity_pps * (1 - SEARCH.precision));
      expect(found).toBeLessThanOrEqual(capacity_pps * (1 + 1.1 * BACKLOG_MAX));
    }
  },
);

test('a switch that loses from the start has no loss-free rate', async () => {
  expect(await highestLossFreeRate(queueing(0, 0), SEARCH)).toBe(0);
});

test.each([100_000, 1_000_000])('a search may begin at too high a rate, as %i', async (start_pps) => {
  const found = await highestLossFreeRate(queueing(5_000, 0), { ...SEARCH, max_pps: 2_000_000, start_pps });
  expect(found).toBeGreaterThan(5_000 * (1 - SEARCH.precision));
  expect(found).toBeLessThanOrEqual(5_000);
});

test('a sender that is too slow ends the search at what it could send', async () => {
  const trial: Trial = (rate_pps) => {
    const sent = rate_pps;
    return Promise.resolve({ sent, received: sent, backlog: 0, duration_s: Math.max(1, rate_pps / 50_000) });
  };
  expect(await highestLossFreeRate(trial, SEARCH)).toBeLessThanOrEqual(50_000);
});
