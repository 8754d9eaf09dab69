/** A seeded generator of 32-bit numbers (mulberry32: a 32-bit counter and a mixing of its bits). */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Uniform in [low, high]; low <= high. */
  between(low: bigint, high: bigint): bigint {
    const range = high - low + 1n;
    let value = 0n;
    // Enough bits beyond the range's that the modulo's bias is below 2^-64.
    for (let bits = 0n; bits < BigInt(range.toString(2).length) + 64n; bits += 32n)
      value = (value << 32n) | BigInt(this.next());
    return low + (value % range);
  }
}
