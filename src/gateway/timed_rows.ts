/**
 * Keys of 64 bits that are remembered for a while, in a fixed number of rows: a key may stand in one of four. Where all four
 * are taken, the oldest of the least weight gives way. Whoever stores values with keys keeps them by row.
 */
const WAYS = 4;

export class TimedRows {
  /** Keys that gave way before their time. */
  evicted_early = 0;
  private readonly key_a: Int32Array;
  private readonly key_b: Int32Array;
  /** In seconds from a start of its own, plus one; 0 is an empty row. */
  private readonly seen_s: Uint32Array;
  private readonly weight: Uint8Array;
  private readonly sets_mask: number;
  private readonly keep_s: number;
  readonly size: number;

  constructor(rows_max: number, keep_ms: number) {
    const sets = 2 ** Math.max(0, Math.floor(Math.log2(rows_max / WAYS)));
    this.size = sets * WAYS;
    this.sets_mask = sets - 1;
    this.keep_s = Math.ceil(keep_ms / 1000);
    this.key_a = new Int32Array(this.size);
    this.key_b = new Int32Array(this.size);
    this.seen_s = new Uint32Array(this.size);
    this.weight = new Uint8Array(this.size);
  }

  /** The row of a key that was put in not longer ago than it is kept; -1 if there is none. */
  find(a: number, b: number, now_ms: number): number {
    const first = this.firstRow(a, b);
    const oldest_s = seconds(now_ms) - this.keep_s;
    for (let row = first; row < first + WAYS; row++) {
      if (this.key_a[row] !== a || this.key_b[row] !== b) continue;
      const seen_s = this.seen_s[row] ?? 0;
      if (seen_s > 0 && seen_s >= oldest_s) return row;
    }
    return -1;
  }

  /** Puts a key in, or makes it as if it was put in now; its row. Both halves are signed 32-bit integers. */
  put(a: number, b: number, now_ms: number, weight = 0): number {
    let row = this.find(a, b, now_ms);
    if (row < 0) {
      row = this.freeRow(a, b, now_ms);
      this.key_a[row] = a;
      this.key_b[row] = b;
      this.weight[row] = weight;
    }
    this.seen_s[row] = seconds(now_ms);
    return row;
  }

  private freeRow(a: number, b: number, now_ms: number): number {
    const first = this.firstRow(a, b);
    const oldest_s = seconds(now_ms) - this.keep_s;
    let found = first;
    for (let row = first; row < first + WAYS; row++) {
      const seen_s = this.seen_s[row] ?? 0;
      if (seen_s === 0 || seen_s < oldest_s) return row;
      const by_weight = (this.weight[row] ?? 0) - (this.weight[found] ?? 0);
      if (by_weight < 0 || (by_weight === 0 && seen_s < (this.seen_s[found] ?? 0))) found = row;
    }
    this.evicted_early++;
    return found;
  }

  private firstRow(a: number, b: number): number {
    const mixed = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) & this.sets_mask) * WAYS;
  }
}

function seconds(now_ms: number): number {
  return Math.floor(now_ms / 1000) + 1;
}
