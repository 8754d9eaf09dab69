/** The value that `fraction` of the samples do not exceed (nearest rank); undefined without samples. */
export function percentile(samples: readonly number[], fraction: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
}
