import fc from 'fast-check';
import { countOf, percentile_us, total_us } from '../../../src/controller/load/histogram';
import { BUCKET_BOUNDS_US } from '../../../src/dataplane/response_time_bucket';

const LAST = BUCKET_BOUNDS_US.length - 1;
const LAST_BOUND_US = BUCKET_BOUNDS_US[LAST] ?? 0;

function bucketOf(time_us: number): number {
  return BUCKET_BOUNDS_US.findLastIndex((bound_us) => bound_us <= time_us);
}

function histogramOf(times_us: readonly number[]): number[] {
  const counts = BUCKET_BOUNDS_US.map(() => 0);
  for (const time_us of times_us) {
    const bucket = bucketOf(time_us);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

/** Mostly times of stores, some as long or short as any. */
const time_us = fc.oneof(
  fc.integer({ min: 20, max: 50_000 }),
  fc.integer({ min: 0, max: 2 * LAST_BOUND_US }),
);
const times = fc.array(time_us, { minLength: 1, maxLength: 300 });

test('a percentile is in the bucket of the exact one', () => {
  fc.assert(
    fc.property(times, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 0.999, 1), (times_us, fraction) => {
      const sorted = [...times_us].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1] ?? NaN;
      const found = percentile_us(histogramOf(times_us), fraction) ?? NaN;
      expect(bucketOf(found)).toBe(bucketOf(exact));
      const bucket = bucketOf(exact);
      if (bucket === LAST) {
        expect(found).toBe(LAST_BOUND_US);
      } else {
        const width_us = (BUCKET_BOUNDS_US[bucket + 1] ?? 0) - (BUCKET_BOUNDS_US[bucket] ?? 0);
        expect(Math.abs(found - exact)).toBeLessThan(width_us);
      }
    }),
  );
});

test('percentiles rise', () => {
  fc.assert(
    fc.property(times, (times_us) => {
      const counts = histogramOf(times_us);
      const found = [0.1, 0.5, 0.9, 0.99].map((fraction) => percentile_us(counts, fraction) ?? NaN);
      expect(found).toEqual([...found].sort((a, b) => a - b));
    }),
  );
});

test('the total is as exact as the buckets of its times are wide', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 64, max: 2_000_000 }), { minLength: 1, maxLength: 300 }),
      (times_us) => {
        const exact = times_us.reduce((sum, one) => sum + one, 0);
        const counts = histogramOf(times_us);
        expect(countOf(counts)).toBe(times_us.length);
        expect(Math.abs(total_us(counts) - exact)).toBeLessThanOrEqual(exact / 8);
      },
    ),
  );
});

test('nothing has no percentile', () => {
  expect(percentile_us(histogramOf([]), 0.5)).toBeUndefined();
  expect(total_us(histogramOf([]))).toBe(0);
});
