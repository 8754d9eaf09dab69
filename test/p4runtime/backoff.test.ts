import { Backoff } from '../../src/p4runtime/backoff';

const options = { initial_ms: 100, max_ms: 1000, factor: 2, jitter: 0.2 };

test('delays grow to the maximum, and start over after a success', () => {
  const backoff = new Backoff(options, () => 0.5);
  const delays = Array.from({ length: 6 }, () => backoff.nextDelay_ms());
  expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  expect(backoff.nextDelay_ms()).toBe(100);
});

test('jitter spreads a delay both ways', () => {
  expect(new Backoff(options, () => 0).nextDelay_ms()).toBeCloseTo(80);
  expect(new Backoff(options, () => 1).nextDelay_ms()).toBeCloseTo(120);
});
