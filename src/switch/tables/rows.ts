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

  /** Makes room for a row. */
  reserve(row: number): void {
    const needed = (row + 1) * this.stride;
    if (needed <= this.records.length) return;
    const { records } = this;
    this.records = new Uint32Array(Math.max(needed, records.length * 2));
    this.records.set(records);
  }
}
