import { EngineError } from '../engine';
import type { RegisterArray } from '../program/model';
import { limbCount, readLimbs, writeLimbs } from '../runtime/limbs';

/** A register array. Generated code works on `cells` directly. */
export class Register {
  readonly name: string;
  readonly size: number;
  /** Each cell in limbs; one more than `size`, which takes reads out of bounds. */
  readonly cells: Uint32Array;
  private readonly limbs: number;
  private readonly width: number;

  constructor({ name, size, width }: RegisterArray) {
    this.name = name;
    this.size = size;
    this.width = width;
    this.limbs = limbCount(width);
    this.cells = new Uint32Array((size + 1) * this.limbs);
  }

  read(index: number): bigint {
    this.check(index);
    return readLimbs(this.cells, index * this.limbs, this.limbs);
  }

  write(index: number, value: bigint): void {
    this.check(index);
    if (value < 0n || value >> BigInt(this.width) !== 0n)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `register "${this.name}": ${value} does not fit in ${this.width} bits`,
      );
    writeLimbs(this.cells, index * this.limbs, this.limbs, this.width, value);
  }

  private check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `register "${this.name}": index ${index} is not within 0..${this.size - 1}`,
      );
  }
}
