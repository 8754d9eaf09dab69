/** The middle value, the upper one of two; null if there is none. */
export function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;
}

/** The smallest value that at least `fraction` of all values do not exceed; null if there is none. Sorts `values`. */
export function quantile(values: Float64Array, fraction: number): number | null {
  values.sort();
  return values[Math.max(0, Math.ceil(fraction * values.length) - 1)] ?? null;
}

/** `a / b` to two decimals; null if either is missing or `b` is 0. */
export function ratio(a: number | null, b: number | null): number | null {
  return a !== null && b ? Number((a / b).toFixed(2)) : null;
}
