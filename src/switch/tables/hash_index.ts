/**
 * An open-addressing hash from keys of some 32-bit limbs to entries, which hold those limbs themselves: the index
 * keeps four bytes a slot and no objects. Entry numbers start at 1; 0 says "none".
 *
 * What bits of a slot the entries' numbers leave over hold bits of the key's hash, so that a probe looks at no entry
 * but the one it wants: of a large table each look is one or two cache misses.
 */

import type { Records } from './rows';

const CAPACITY_MIN = 16;
/** Of the array that a larger one takes the place of, at each `add`: packets must not wait for all of them. */
const SLOTS_MOVED_PER_ADD = 8;
/** In an array that is being moved: removed, but others may stand beyond. Its bits for the entry's number are no entry's. */
const GONE = -1;

export interface HashIndexOptions {
  /** The highest entry number there can be. */
  entry_max: number;
  /** Limbs ANDed to a record before it is compared; probes come already masked. */
  mask?: Uint32Array;
  /**
   * Most probes find nothing: a byte a slot tells nearly all of them so, in an array that a cache holds where slots
   * and records are too many.
   */
  is_sparse?: boolean;
}

export class HashIndex {
  /** Of each slot 0 if it is free, else an entry's number in its low bits and bits of the hash in the others. */
  private slots = new Int32Array(CAPACITY_MIN);
  /** Of each slot 0 if it is free, else bits of the hash of its entry; undefined: not kept. */
  private tags: Uint8Array | undefined;
  /** The array before the last growth, while entries are still to be moved from it: from `next_moved` on. */
  private old: Int32Array | undefined;
  private next_moved = 0;
  private used = 0;
  private readonly mask: Uint32Array | undefined;
  /** Bits of a slot that are the entry's number. */
  private readonly entry_bits: number;

  /** @param length limbs of a record, from its start, that make the key */
  constructor(
    private readonly store: Records,
    private readonly length: number,
    { entry_max, mask, is_sparse = false }: HashIndexOptions,
  ) {
    this.mask = mask;
    this.entry_bits = 2 ** (32 - Math.clz32(entry_max + 1)) - 1;
    if (is_sparse) this.tags = new Uint8Array(CAPACITY_MIN);
  }

  get size(): number {
    return this.used;
  }

  /** The entry with the key `probe[0, length)`, or 0. */
  find(probe: Uint32Array): number {
    const { slots, tags, old, entry_bits } = this;
    const hash = hashLimbs(probe, 0, this.length);
    let last = slots.length - 1;
    if (tags === undefined) {
      for (let slot = hash & last; ; slot = (slot + 1) & last) {
        const content = slots[slot] as number;
        if (content === 0) break;
        if (((content ^ hash) & ~entry_bits) !== 0) continue;
        if (this.matches(content & entry_bits, probe)) return content & entry_bits;
      }
    } else {
      const wanted = tagOf(hash);
      for (let slot = hash & last; ; slot = (slot + 1) & last) {
        const tag = tags[slot] as number;
        if (tag === 0) break;
        if (tag !== wanted) continue;
        const content = slots[slot] as number;
        if (((content ^ hash) & ~entry_bits) !== 0) continue;
        if (this.matches(content & entry_bits, probe)) return content & entry_bits;
      }
    }
    if (old === undefined) return 0;
    last = old.length - 1;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const content = old[slot] as number;
      if (content === 0) return 0;
      if (content === GONE || ((content ^ hash) & ~entry_bits) !== 0) continue;
      if (this.matches(content & entry_bits, probe)) return content & entry_bits;
    }
  }

  /** Adds an entry whose key is not there yet. */
  add(entry: number): void {
    this.checkNumber(entry);
    if ((this.used + 1) * 2 > this.slots.length) this.grow();
    this.place(entry);
    this.used++;
    if (this.old !== undefined) this.move(SLOTS_MOVED_PER_ADD);
  }

  remove(entry: number): void {
    const { slots, tags, old } = this;
    if (old !== undefined) {
      const slot = this.slotOf(old, entry);
      if (slot >= 0) old[slot] = GONE;
    }
    this.used--;
    let hole = this.slotOf(slots, entry);
    if (hole < 0) return;
    const last = slots.length - 1;
    // Close the gap, so that no probe stops short: move back whatever may stand there.
    for (let slot = (hole + 1) & last; slots[slot] !== 0; slot = (slot + 1) & last) {
      const home = this.home((slots[slot] as number) & this.entry_bits) & last;
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        slots[hole] = slots[slot] as number;
        if (tags !== undefined) tags[hole] = tags[slot] as number;
        hole = slot;
      }
    }
    slots[hole] = 0;
    if (tags !== undefined) tags[hole] = 0;
  }

  /** Puts `entry` in the place of `other`, which has the same key. */
  replace(other: number, entry: number): void {
    this.checkNumber(entry);
    for (const slots of [this.slots, this.old ?? this.slots]) {
      const slot = this.slotOf(slots, other);
      // The hash of both is the same.
      if (slot >= 0) slots[slot] = ((slots[slot] as number) & ~this.entry_bits) | entry;
    }
  }

  /** A number with more bits would be taken for another entry's, of another hash. */
  private checkNumber(entry: number): void {
    // All its bits set: GONE.
    if (entry < 1 || entry >= this.entry_bits)
      throw new RangeError(`the index has no room for entry number ${entry}`);
  }

  private matches(entry: number, probe: Uint32Array): boolean {
    const { length, mask } = this;
    const { records, stride } = this.store;
    const base = entry * stride;
    let i = 0;
    if (mask === undefined) while (i < length && records[base + i] === probe[i]) i++;
    else while (i < length && ((records[base + i] as number) & (mask[i] as number)) >>> 0 === probe[i]) i++;
    return i === length;
  }

  /** Where the entry is in one of the arrays; negative: nowhere. */
  private slotOf(slots: Int32Array, entry: number): number {
    const last = slots.length - 1;
    let slot = this.home(entry) & last;
    while (((slots[slot] as number) & this.entry_bits) !== entry) {
      if (slots[slot] === 0) return -1;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  private place(entry: number): void {
    const { slots, tags } = this;
    const last = slots.length - 1;
    const hash = this.home(entry);
    let slot = hash & last;
    while (slots[slot] !== 0) slot = (slot + 1) & last;
    slots[slot] = (hash & ~this.entry_bits) | entry;
    if (tags !== undefined) tags[slot] = tagOf(hash);
  }

  private home(entry: number): number {
    const { records, stride } = this.store;
    return hashLimbs(records, entry * stride, this.length, this.mask);
  }

  private grow(): void {
    if (this.old !== undefined) this.move(this.old.length);
    this.old = this.slots;
    this.next_moved = 0;
    this.slots = new Int32Array(this.old.length * 2);
    if (this.tags !== undefined) this.tags = new Uint8Array(this.slots.length);
  }

  private move(slots_max: number): void {
    const { old } = this;
    if (old === undefined) return;
    const end = Math.min(old.length, this.next_moved + slots_max);
    for (; this.next_moved < end; this.next_moved++) {
      const content = old[this.next_moved] as number;
      if (content !== 0 && content !== GONE) this.place(content & this.entry_bits);
    }
    if (end === old.length) this.old = undefined;
  }
}

/** Of the bits of a hash that choose no slot in all but the largest of indexes; never 0. */
function tagOf(hash: number): number {
  return hash >>> 24 || 1;
}

/** MurmurHash3's mixing of 32-bit words. */
export function hashLimbs(limbs: Uint32Array, base: number, length: number, mask?: Uint32Array): number {
  let hash = length;
  for (let i = 0; i < length; i++) {
    let word = limbs[base + i] as number;
    if (mask !== undefined) word &= mask[i] as number;
    word = Math.imul(word, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
