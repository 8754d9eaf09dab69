/**
 * Keys of 64 bits that are remembered for a while, in a fixed number of rows: a key may stand in one of four. Where all four
 * are taken, the oldest of the least weight gives way. Whoever stores values with keys keeps them by row.
 */
const WAYS = 4;

/** 32-bit words of a row; a set of rows fills one line of the processor's cache. */
const WORDS = 4;
const KEY_A = 0;
const KEY_B = 1;
/** In seconds from a start of its own, plus one; 0 is an empty row. */
const SEEN_S = 2;
const WEIGHT = 3;

export class TimedRows {
  /** Keys that gave way before their time. */
  evicted_early = 0;
  private readonly words: Int32Array;
  private readonly sets_mask: number;
  private readonly keep_s: number;
  readonly size: number;

  constructor(rows_max: number, keep_ms: number) {
    const sets = 2 ** Math.max(0, Math.floor(Math.log2(rows_max / WAYS)));
    this.size = sets * WAYS;
    this.sets_mask = sets - 1;
    this.keep_s = Math.ceil(keep_ms / 1000);
    this.words = new Int32Array(this.size * WORDS);
  }

  /** The row of a key that was put in not longer ago than it is kept; -1 if there is none. */
  find(a: number, b: number, now_ms: number): number {
    const { words } = this;
    const first = this.firstRow(a, b);
    const oldest_s = seconds(now_ms) - this.keep_s;
    for (let row = first; row < first + WAYS; row++) {
      const at = row * WORDS;
      if (words[at + KEY_A] !== a || words[at + KEY_B] !== b) continue;
      const seen_s = words[at + SEEN_S] ?? 0;
      if (seen_s > 0 && seen_s >= oldest_s) return row;
    }
    return -1;
  }

  /** Makes a key as if it was put in now. */
  refresh(row: number, now_ms: number): void {
    this.words[row * WORDS + SEEN_S] = seconds(now_ms);
  }

  /** Puts in a key that `find` did not find; its row. Both halves are signed 32-bit integers. */
  insert(a: number, b: number, now_ms: number, weight = 0): number {
    const row = this.freeRow(a, b, now_ms);
    const at = row * WORDS;
    this.words[at + KEY_A] = a;
    this.words[at + KEY_B] = b;
    this.words[at + SEEN_S] = seconds(now_ms);
    this.words[at + WEIGHT] = weight;
    return row;
  }

  private freeRow(a: number, b: number, now_ms: number): number {
    const { words } = this;
    const first = this.firstRow(a, b);
    const oldest_s = seconds(now_ms) - this.keep_s;
    let found = first;
    for (let row = first; row < first + WAYS; row++) {
      const at = row * WORDS;
      const seen_s = words[at + SEEN_S] ?? 0;
      if (seen_s === 0 || seen_s < oldest_s) return row;
      const by_weight = (words[at + WEIGHT] ?? 0) - (words[found * WORDS + WEIGHT] ?? 0);
      if (by_weight < 0 || (by_weight === 0 && seen_s < (words[found * WORDS + SEEN_S] ?? 0))) found = row;
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
