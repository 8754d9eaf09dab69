import { writeLimbs } from '../runtime/limbs';
import { hashLimbs } from './hash_index';
import { prefixMask, type KeyPart } from './match';

const CELLS_MIN = 1024;
const CELLS_MAX = 2 ** 20;
/** Keys that agree in so many leading bits share a cell. */
const LEAD_BITS = 20;
/** The same for IPv6 addresses and the like, whose first bits are mostly the same. */
const LEAD_BITS_WIDE = 40;
const WIDE_BITS = 64;
/** A shorter prefix is noted in each cell it covers, if these are no more than 2 to the power of this. */
const SPREAD_BITS_MAX = 6;
const LENGTH_BITS = 15;

/**
 * Which prefix lengths a key may match: a bit for each length (modulo 16) in the cell of its first bits. So a lookup
 * probes about one length of a full routing table, not all that are in use.
 *
 * It may say yes too often: what cells that many keys share, and entries that are gone, have left there.
 */
export class PrefixFilter {
  private readonly cells: Uint16Array;
  /** Lengths too short for cells. */
  private always = 0;
  private readonly lead: number;
  private readonly mask: Uint32Array;
  private readonly scratch: Uint32Array;

  /** @param max_size entries of the table */
  constructor(
    private readonly part: KeyPart,
    key_limbs: number,
    max_size: number,
  ) {
    const { width, limbs, value_at } = part;
    this.lead = Math.min(width, width > WIDE_BITS ? LEAD_BITS_WIDE : LEAD_BITS);
    const cells = 2 ** Math.ceil(Math.log2(Math.max(1, max_size)));
    this.cells = new Uint16Array(Math.min(CELLS_MAX, Math.max(CELLS_MIN, cells)));
    this.mask = new Uint32Array(key_limbs).fill(0xffffffff);
    writeLimbs(this.mask, value_at, limbs, width, prefixMask(width, this.lead));
    this.scratch = new Uint32Array(key_limbs);
  }

  /** A bit for each length that `key` may match, at the length modulo 16. */
  lengths(key: Uint32Array): number {
    return (this.cells[this.cell(key)] as number) | this.always;
  }

  /** Notes a prefix: a record that begins at `records[base]`. */
  add(records: Uint32Array, base: number, length: number): void {
    const { scratch, lead } = this;
    const bit = 1 << (length & LENGTH_BITS);
    const spread = Math.max(0, lead - length);
    if (spread > SPREAD_BITS_MAX) {
      this.always |= bit;
      return;
    }
    for (let i = 0; i < scratch.length; i++) scratch[i] = records[base + i] as number;
    for (let covered = 0; covered < 1 << spread; covered++) {
      for (let i = 0; i < spread; i++) this.setBit(this.part.width - lead + i, (covered >>> i) & 1);
      const cell = this.cell(scratch);
      this.cells[cell] = (this.cells[cell] as number) | bit;
    }
  }

  clear(): void {
    this.cells.fill(0);
    this.always = 0;
  }

  private cell(key: Uint32Array): number {
    return hashLimbs(key, 0, this.mask.length, this.mask) & (this.cells.length - 1);
  }

  /** Sets a bit of the prefix in `scratch`, counted from the least significant. */
  private setBit(bit: number, value: number): void {
    const limb = this.part.value_at + this.part.limbs - 1 - (bit >>> 5);
    const mask = 1 << (bit & 31);
    const word = this.scratch[limb] as number;
    this.scratch[limb] = value === 0 ? word & ~mask : word | mask;
  }
}
