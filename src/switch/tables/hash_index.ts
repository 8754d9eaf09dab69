/**
 * An open-addressing hash from keys of some 32-bit limbs to entries, which hold those limbs themselves: the index
 * keeps four bytes a slot and no objects. Entry numbers start at 1; 0 says "none".
 */

/** Where entries keep their limbs: entry e at `records[e * stride]`. Replaced by a larger array as it grows. */
export interface Records {
  readonly stride: number;
  records: Uint32Array;
}

const CAPACITY_MIN = 16;

export class HashIndex {
  private slots = new Int32Array(CAPACITY_MIN);
  private used = 0;

  /**
   * @param length limbs of a record, from its start, that make the key
   * @param mask limbs ANDed to a record before it is compared; probes come already masked
   */
  constructor(
    private readonly store: Records,
    private readonly length: number,
    private readonly mask?: Uint32Array,
  ) {}

  get size(): number {
    return this.used;
  }

  /** The entry with the key `probe[0, length)`, or 0. */
  find(probe: Uint32Array): number {
    const { slots, length, mask } = this;
    const { records, stride } = this.store;
    const last = slots.length - 1;
    for (let slot = hashLimbs(probe, 0, length) & last; ; slot = (slot + 1) & last) {
      const entry = slots[slot] as number;
      if (entry === 0) return 0;
      const base = entry * stride;
      let i = 0;
      if (mask === undefined) while (i < length && records[base + i] === probe[i]) i++;
      else while (i < length && ((records[base + i] as number) & (mask[i] as number)) >>> 0 === probe[i]) i++;
      if (i === length) return entry;
    }
  }

  /** Adds an entry whose key is not there yet. */
  add(entry: number): void {
    if ((this.used + 1) * 2 > this.slots.length) this.grow();
    this.place(entry);
    this.used++;
  }

  remove(entry: number): void {
    const { slots } = this;
    const last = slots.length - 1;
    let hole = this.slotOf(entry);
    // Close the gap, so that no probe stops short: move back whatever may stand there.
    for (let slot = (hole + 1) & last; slots[slot] !== 0; slot = (slot + 1) & last) {
      const home = this.home(slots[slot] as number) & last;
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        slots[hole] = slots[slot] as number;
        hole = slot;
      }
    }
    slots[hole] = 0;
    this.used--;
  }

  /** Puts `entry` in the place of `other`, which has the same key. */
  replace(other: number, entry: number): void {
    this.slots[this.slotOf(other)] = entry;
  }

  private slotOf(entry: number): number {
    const last = this.slots.length - 1;
    let slot = this.home(entry) & last;
    while (this.slots[slot] !== entry) {
      if (this.slots[slot] === 0) throw new RangeError(`entry ${entry} is not in the index`);
      slot = (slot + 1) & last;
    }
    return slot;
  }

  private place(entry: number): void {
    const last = this.slots.length - 1;
    let slot = this.home(entry) & last;
    while (this.slots[slot] !== 0) slot = (slot + 1) & last;
    this.slots[slot] = entry;
  }

  private home(entry: number): number {
    const { records, stride } = this.store;
    return hashLimbs(records, entry * stride, this.length, this.mask);
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.place(entry);
  }
}

/** MurmurHash3's mixing of 32-bit words. */
function hashLimbs(limbs: Uint32Array, base: number, length: number, mask?: Uint32Array): number {
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
