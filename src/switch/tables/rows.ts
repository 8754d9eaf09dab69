import { largeWords } from './large_words';

const CAPACITY_MIN = 16;

/** Rows of limbs side by side in one array: row r at `records[r * stride]`. */
export interface Records {
  readonly stride: number;
  readonly records: Uint32Array;
}

/** Records whose array is replaced by a larger one as rows are added. */
export class Rows implements Records {
  records: Uint32Array;

  constructor(readonly stride: number) {
    this.records = new Uint32Array(CAPACITY_MIN * stride);
  }

  /** Makes room for a row, and then for half as many again. */
  reserve(row: number): void {
    const { stride, records } = this;
    if ((row + 1) * stride > records.length)
      this.extend(Math.max(row + 1, Math.ceil((records.length / stride) * 1.5)));
  }

  /** Makes room for that many rows in all. */
  extend(count: number): void {
    const { stride, records } = this;
    if (count * stride <= records.length) return;
    this.records = largeWords(count * stride);
    this.records.set(records);
  }
}
