/** Times in buckets, as `nfs-rate.c` counts them: bucket i has what took up to `upperBound_us(i)`, and more than the one before. */
const BUCKETS_PER_DOUBLING = 16;

export function upperBound_us(bucket: number): number {
  return 2 ** ((bucket + 1) / BUCKETS_PER_DOUBLING);
}

/** What was counted from one reading of all buckets to a later one. */
export function countedBetween(from: readonly number[], to: readonly number[]): number[] {
  return to.map((count, bucket) => count - (from[bucket] ?? 0));
}

/** The time, in µs and at most 4.5 % too long, that `fraction` of all did not exceed; null if there is none. */
export function quantileOf(buckets: readonly number[], fraction: number): number | null {
  const wanted = fraction * buckets.reduce((sum, count) => sum + count, 0);
  if (wanted === 0) return null;
  let seen = 0;
  const bucket = buckets.findIndex((count) => (seen += count) >= wanted);
  return upperBound_us(bucket);
}
