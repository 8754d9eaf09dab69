import { EngineError, type RegisterCells } from '../engine';
import type { Program, RegisterArray } from '../program/model';
import { limbCount, readLimbs, writeLimbs } from '../runtime/limbs';
import { placeRegisters, type RegisterPlace } from './register_rows';

/** A register array: its cells in limbs, each in a row that other arrays may share. */
export class Register {
  readonly name: string;
  readonly size: number;
  private readonly limbs: number;
  private readonly width: number;

  /** @param rows of all arrays that share them; one more than `size`, which takes reads out of bounds */
  constructor(
    { name, size, width }: RegisterArray,
    readonly rows: Uint32Array,
    private readonly place: RegisterPlace,
  ) {
    this.name = name;
    this.size = size;
    this.width = width;
    this.limbs = limbCount(width);
  }

  read(index: number): bigint {
    return readLimbs(this.rows, this.limb(index), this.limbs);
  }

  write(index: number, value: bigint): void {
    const limb = this.limb(index);
    if (value < 0n || value >> BigInt(this.width) !== 0n)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `register "${this.name}": ${value} does not fit in ${this.width} bits`,
      );
    writeLimbs(this.rows, limb, this.limbs, this.width, value);
  }

  cells(): RegisterCells {
    const { rows, limbs } = this;
    const { at, stride, used } = this.place;
    return { rows, at, stride, used, limbs };
  }

  private limb(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new EngineError(
        'INVALID_ARGUMENT',
        `register "${this.name}": index ${index} is not within 0..${this.size - 1}`,
      );
    return index * this.place.stride + this.place.at;
  }
}

/** The register arrays of a program, all 0. */
export function makeRegisters(program: Program): Map<RegisterArray, Register> {
  const rows = new Map<RegisterArray, Uint32Array>();
  const registers = new Map<RegisterArray, Register>();
  for (const [register, place] of placeRegisters(program)) {
    const { owner, stride } = place;
    const shared = rows.get(owner) ?? new Uint32Array((owner.size + 1) * stride);
    rows.set(owner, shared);
    registers.set(register, new Register(register, shared, place));
  }
  return registers;
}
