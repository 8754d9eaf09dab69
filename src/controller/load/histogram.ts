/** What a histogram of response times tells: counts by the buckets of `src/dataplane/response_time_bucket.ts`. */
import { BUCKET_BOUNDS_US } from '../../dataplane/response_time_bucket';

/** One count for each bucket. */
export type Histogram = readonly number[];

export function sumOf(histograms: readonly Histogram[]): Histogram {
  return BUCKET_BOUNDS_US.map((_, bucket) =>
    histograms.reduce((sum, counts) => sum + (counts[bucket] ?? 0), 0),
  );
}

export function countOf(counts: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The time, in microseconds, that `fraction` of all are not above (nearest rank); undefined of nothing. As far from the
 * exact one as its bucket is wide, at most: those in a bucket are taken to lie evenly. What lies in the last
 * bucket, which has no end, is taken for its lower bound.
 */
export function percentile_us(counts: Histogram, fraction: number): number | undefined {
  const total = countOf(counts);
  if (total === 0) return undefined;
  const rank = Math.min(total, Math.max(1, Math.ceil(fraction * total)));
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (below + count >= rank) {
      const { from_us, width_us } = extentOf(bucket);
      return from_us + (width_us * (rank - below - 0.5)) / count;
    }
    below += count;
  }
  return undefined;
}

/** All times added up, in microseconds, each taken for the middle of its bucket. */
export function total_us(counts: Histogram): number {
  return counts.reduce((sum, count, bucket) => {
    const { from_us, width_us } = extentOf(bucket);
    return sum + count * (from_us + width_us / 2);
  }, 0);
}

function extentOf(bucket: number): { from_us: number; width_us: number } {
  const from_us = BUCKET_BOUNDS_US[bucket] ?? 0;
  return { from_us, width_us: (BUCKET_BOUNDS_US[bucket + 1] ?? from_us) - from_us };
}
