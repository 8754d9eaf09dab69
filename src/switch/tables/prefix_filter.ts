import { writeLimbs } from '../runtime/limbs';
import { hashLimbs } from './hash_index';
import { largeWords } from './large_words';
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
/** The marks of a cell are above its lengths. */
const MARKS_AT = 16;
const MARK_BITS = 15;

/**
 * Which prefixes a key may match, so that a lookup searches for little more than the one it finds, not for each length
 * in use. A cell of 32 bits for the key's first bits has a bit for each length (modulo 16) of the prefixes there, which
 * says what is worth a hash, and a bit for each hash (modulo 16), which says what is worth a look ("Bloom filter").
 * Prefixes too short for cells have bits by their hash alone.
 *
 * It may say yes too often: what cells that many keys share, and entries that are gone, have left there.
 */
export class PrefixFilter {
  private readonly cells: Uint32Array;
  /** A bit for each hash of a short prefix, modulo their number. */
  private readonly short: Uint32Array;
  /** Lengths of short prefixes. */
  private short_lengths = 0;
  /** Prefixes of fewer bits are short. */
  private readonly length_min: number;
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
    this.length_min = this.lead - SPREAD_BITS_MAX;
    const cells = 2 ** Math.ceil(Math.log2(Math.max(1, max_size)));
    this.cells = largeWords(Math.min(CELLS_MAX, Math.max(CELLS_MIN, cells)));
    this.short = new Uint32Array(this.cells.length / 32);
    this.mask = new Uint32Array(key_limbs).fill(0xffffffff);
    writeLimbs(this.mask, value_at, limbs, width, prefixMask(width, this.lead));
    this.scratch = new Uint32Array(key_limbs);
  }

  /** What is known of the prefixes of `key`, for `mayHave`; the low 16 bits are lengths worth a hash, modulo 16. */
  look(key: Uint32Array): number {
    return (this.cells[this.cell(key)] as number) | this.short_lengths;
  }

  /** Whether there may be a prefix of this length and hash; `seen` is what `look` returned. */
  mayHave(seen: number, length: number, hash: number): boolean {
    if (length >= this.length_min) return ((seen >>> (MARKS_AT + (hash & MARK_BITS))) & 1) !== 0;
    return (((this.short[this.shortAt(hash)] as number) >>> (hash & 31)) & 1) !== 0;
  }

  /** Notes a prefix: a record that begins at `records[base]`, whose key has this hash. */
  add(records: Uint32Array, base: number, length: number, hash: number): void {
    const { scratch, lead } = this;
    const length_bit = 1 << (length & LENGTH_BITS);
    if (length < this.length_min) {
      this.short_lengths |= length_bit;
      const at = this.shortAt(hash);
      this.short[at] = (this.short[at] as number) | (1 << (hash & 31));
      return;
    }
    const spread = Math.max(0, lead - length);
    for (let i = 0; i < scratch.length; i++) scratch[i] = records[base + i] as number;
    for (let covered = 0; covered < 1 << spread; covered++) {
      for (let i = 0; i < spread; i++) this.setBit(this.part.width - lead + i, (covered >>> i) & 1);
      const cell = this.cell(scratch);
      this.cells[cell] = (this.cells[cell] as number) | length_bit | (1 << (MARKS_AT + (hash & MARK_BITS)));
    }
  }

  clear(): void {
    this.cells.fill(0);
    this.short.fill(0);
    this.short_lengths = 0;
  }

  private shortAt(hash: number): number {
    return (hash >>> 5) & (this.short.length - 1);
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
