import { writeLimbs } from '../runtime/limbs';
import { HashIndex, hashLimbs } from './hash_index';
import { HashedRows, type RowMoved } from './hashed_rows';
import { type MatchFormat, prefixMask } from './match';
import { PrefixFilter } from './prefix_filter';
import type { Rows } from './rows';

/** Finds the entry that a packet's key matches, and gives entries their rows. */
export interface Lookup {
  /** The winning entry for the packet's key, or 0. */
  find(key: Uint32Array): number;
  /** The entry whose whole record is `record`, or 0. */
  same(record: Uint32Array): number;
  /** A row for an entry that is not there yet, with its record in it and in use. Others may move. */
  place(record: Uint32Array): number;
  remove(entry: number): void;
  /** All entries are in rows below this. */
  readonly end: number;
  /** Until `release` is called as often no entry moves. */
  hold(): void;
  release(): void;
}

/** Every key exact: one look. */
export class ExactLookup implements Lookup {
  private readonly hashed: HashedRows;

  constructor(rows: Rows, format: MatchFormat, max_size: number, moved: RowMoved) {
    this.hashed = new HashedRows(rows, format.stride, max_size, moved);
  }

  get end(): number {
    return this.hashed.end;
  }

  find(key: Uint32Array): number {
    return this.hashed.find(key);
  }

  same(record: Uint32Array): number {
    return this.hashed.find(record);
  }

  place(record: Uint32Array): number {
    return this.hashed.place(record);
  }

  remove(entry: number): void {
    this.hashed.remove(entry);
  }

  hold(): void {
    this.hashed.hold();
  }

  release(): void {
    this.hashed.release();
  }
}

/** With no more lengths in use than this, a look for each costs less than the filter. */
const UNFILTERED_LENGTHS = 2;

/** One LPM key, the others exact: a look for each prefix that the filter thinks there may be, longest first. */
export class LpmLookup implements Lookup {
  private readonly hashed: HashedRows;
  private readonly filter: PrefixFilter;
  private readonly probe: Uint32Array;
  /** Of each prefix length in turn. */
  private readonly masks: Uint32Array;
  private readonly limbs: number;
  private readonly counts: number[];
  /** Prefix lengths in use, longest first. */
  private lengths: number[] = [];
  private readonly value_at: number;
  private readonly prefix_at: number;

  constructor(
    private readonly rows: Rows,
    private readonly format: MatchFormat,
    max_size: number,
    moved: RowMoved,
  ) {
    this.hashed = new HashedRows(rows, format.stride, max_size, moved);
    this.probe = new Uint32Array(format.stride);
    const part = format.parts.find((p) => p.kind === 'lpm');
    if (part === undefined) throw new RangeError('the table has no LPM key');
    this.filter = new PrefixFilter(part, format.key_limbs, max_size);
    this.value_at = part.value_at;
    this.prefix_at = part.extra_at;
    this.counts = Array<number>(part.width + 1).fill(0);
    this.limbs = part.limbs;
    this.masks = new Uint32Array(this.counts.length * part.limbs);
    for (let length = 0; length <= part.width; length++)
      writeLimbs(this.masks, length * part.limbs, part.limbs, part.width, prefixMask(part.width, length));
  }

  get end(): number {
    return this.hashed.end;
  }

  find(key: Uint32Array): number {
    const { probe, value_at, prefix_at, lengths, filter, hashed, masks, limbs } = this;
    for (let i = 0; i < this.format.key_limbs; i++) probe[i] = key[i] as number;
    const is_filtered = lengths.length > UNFILTERED_LENGTHS;
    const seen = is_filtered ? filter.look(key) : -1;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i] as number;
      if (((seen >>> (length & 15)) & 1) === 0) continue;
      // Longest first, so each mask only clears further bits.
      for (let limb = 0; limb < limbs; limb++)
        probe[value_at + limb] =
          (probe[value_at + limb] as number) & (masks[length * limbs + limb] as number);
      probe[prefix_at] = length;
      const hash = hashLimbs(probe, 0, probe.length);
      if (is_filtered && !filter.mayHave(seen, length, hash)) continue;
      const entry = hashed.findHashed(probe, hash);
      if (entry !== 0) return entry;
    }
    return 0;
  }

  same(record: Uint32Array): number {
    return this.hashed.find(record);
  }

  place(record: Uint32Array): number {
    const length = record[this.prefix_at] as number;
    this.filter.add(record, 0, length, hashLimbs(record, 0, this.format.stride));
    this.change(length, 1);
    return this.hashed.place(record);
  }

  remove(entry: number): void {
    this.change(this.rows.records[entry * this.rows.stride + this.prefix_at] as number, -1);
    this.hashed.remove(entry);
    if (this.hashed.size === 0) this.filter.clear();
  }

  hold(): void {
    this.hashed.hold();
  }

  release(): void {
    this.hashed.release();
  }

  private change(length: number, by: number): void {
    const count = (this.counts[length] as number) + by;
    this.counts[length] = count;
    if (count > 1 || (count === 1 && by < 0)) return;
    this.lengths = this.counts.flatMap((n, i) => (n > 0 ? [i] : [])).reverse();
  }
}

/** Entries with the same masks. */
interface Group {
  masks: Uint32Array;
  index: HashIndex;
  /** Groups that came earlier have lower ones: who is first of the same priority. */
  serial: number;
  /** At least the highest priority within; negative: not among those in order yet. */
  priority_max: number;
}

/**
 * Anything with a ternary or range key: entries are grouped by their masks and each group is hashed, so a lookup
 * costs a probe for each distinct mask rather than for each entry ("tuple space search", Srinivasan et al. 1999).
 * Groups are tried from the highest priority down and the search ends when no group can better what was found.
 * A range counts as wholly masked, and is checked on each candidate.
 */
export class TernaryLookup implements Lookup {
  private readonly identity: HashIndex;
  private readonly groups = new Map<string, Group>();
  /** By `comesBefore`. */
  private readonly ordered: Group[] = [];
  private next_serial = 0;
  private readonly probe: Uint32Array;
  /** The next entry of lower or equal priority with the same masked value, by entry. */
  private next = new Int32Array(16);
  /** Rows below this have been given out; those not in use are in `free`. */
  end = 1;
  private readonly free: number[] = [];
  private readonly ranges: { value_at: number; extra_at: number; limbs: number }[];

  constructor(
    private readonly store: Rows,
    private readonly format: MatchFormat,
    private readonly max_size: number,
  ) {
    this.identity = new HashIndex(store, format.stride, { entry_max: max_size });
    this.probe = new Uint32Array(format.key_limbs);
    this.ranges = format.parts.filter((part) => part.kind === 'range');
  }

  find(key: Uint32Array): number {
    const { probe, ordered, store } = this;
    const { priority_at, key_limbs } = this.format;
    let best = 0;
    let best_priority = -1;
    for (let g = 0; g < ordered.length; g++) {
      const group = ordered[g] as Group;
      if (group.priority_max <= best_priority) break;
      for (let i = 0; i < key_limbs; i++) probe[i] = (key[i] as number) & (group.masks[i] as number);
      let entry = group.index.find(probe);
      while (entry !== 0 && !this.inRanges(entry, key)) entry = this.next[entry] as number;
      if (entry === 0) continue;
      const priority = store.records[entry * store.stride + priority_at] as number;
      if (priority > best_priority) {
        best = entry;
        best_priority = priority;
      }
    }
    return best;
  }

  same(record: Uint32Array): number {
    return this.identity.find(record);
  }

  place(record: Uint32Array): number {
    const entry = this.free.pop() ?? this.end++;
    this.store.reserve(entry);
    const { records, stride } = this.store;
    records.set(record, entry * stride);
    records[entry * stride + this.format.stride] = 1;
    this.add(entry);
    return entry;
  }

  /** Entries never move. */
  hold(): void {}

  release(): void {}

  private add(entry: number): void {
    this.identity.add(entry);
    if (entry >= this.next.length) {
      const old = this.next;
      this.next = new Int32Array(Math.max(entry + 1, old.length * 2));
      this.next.set(old);
    }
    const group = this.groupOf(entry);
    const priority = this.priority(entry);
    const head = group.index.find(this.masked(entry, group));
    if (head === 0 || this.priority(head) < priority) {
      this.next[entry] = head;
      if (head === 0) group.index.add(entry);
      else group.index.replace(head, entry);
    } else {
      let before = head;
      while (this.next[before] !== 0 && this.priority(this.next[before] as number) >= priority)
        before = this.next[before] as number;
      this.next[entry] = this.next[before] as number;
      this.next[before] = entry;
    }
    if (priority > group.priority_max) this.raise(group, priority);
  }

  remove(entry: number): void {
    this.identity.remove(entry);
    this.free.push(entry);
    const key = this.groupKey(entry);
    const group = this.groups.get(key);
    if (group === undefined) throw new RangeError(`entry ${entry} is in no group`);
    const head = group.index.find(this.masked(entry, group));
    const after = this.next[entry] as number;
    if (head === entry) {
      if (after === 0) group.index.remove(entry);
      else group.index.replace(entry, after);
    } else {
      let before = head;
      while (this.next[before] !== entry) before = this.next[before] as number;
      this.next[before] = after;
    }
    if (group.index.size === 0) {
      this.groups.delete(key);
      this.ordered.splice(this.placeOf(group), 1);
    }
  }

  private inRanges(entry: number, key: Uint32Array): boolean {
    const { records, stride } = this.store;
    const base = entry * stride;
    for (const { value_at, extra_at, limbs } of this.ranges) {
      for (let i = 0; i < limbs; i++) {
        const low = records[base + value_at + i] as number;
        if ((key[value_at + i] as number) > low) break;
        if ((key[value_at + i] as number) < low) return false;
      }
      for (let i = 0; i < limbs; i++) {
        const high = records[base + extra_at + i] as number;
        if ((key[value_at + i] as number) < high) break;
        if ((key[value_at + i] as number) > high) return false;
      }
    }
    return true;
  }

  private priority(entry: number): number {
    return this.store.records[entry * this.store.stride + this.format.priority_at] as number;
  }

  /** Where in the order the group is, or would be. */
  private placeOf(group: Group): number {
    const { ordered } = this;
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesBefore(ordered[middle] as Group, group)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private raise(group: Group, priority: number): void {
    const { ordered } = this;
    const from = group.priority_max < 0 ? ordered.length : this.placeOf(group);
    group.priority_max = priority;
    const before = ordered[from - 1];
    if (ordered[from] === group) {
      if (before === undefined || comesBefore(before, group)) return;
      ordered.splice(from, 1);
    }
    ordered.splice(this.placeOf(group), 0, group);
  }

  private masks(entry: number): Uint32Array {
    const { records, stride } = this.store;
    const masks = new Uint32Array(this.format.key_limbs);
    for (const part of this.format.parts) {
      const extra = entry * stride + part.extra_at;
      if (part.kind === 'exact') masks.fill(0xffffffff, part.value_at, part.value_at + part.limbs);
      else if (part.kind === 'lpm') {
        const mask = prefixMask(part.width, records[extra] as number);
        writeLimbs(masks, part.value_at, part.limbs, part.width, mask);
      } else if (part.kind === 'ternary')
        for (let i = 0; i < part.limbs; i++) masks[part.value_at + i] = records[extra + i] as number;
    }
    return masks;
  }

  private groupKey(entry: number): string {
    return this.masks(entry).join();
  }

  private groupOf(entry: number): Group {
    const masks = this.masks(entry);
    const key = masks.join();
    let group = this.groups.get(key);
    if (group === undefined) {
      group = {
        masks,
        index: new HashIndex(this.store, this.format.key_limbs, {
          entry_max: this.max_size,
          mask: masks,
          is_sparse: true,
        }),
        serial: this.next_serial++,
        priority_max: -1,
      };
      this.groups.set(key, group);
    }
    return group;
  }

  private masked(entry: number, group: Group): Uint32Array {
    const { records, stride } = this.store;
    for (let i = 0; i < this.probe.length; i++)
      this.probe[i] = (records[entry * stride + i] as number) & (group.masks[i] as number);
    return this.probe;
  }
}

function comesBefore(a: Group, b: Group): boolean {
  return a.priority_max > b.priority_max || (a.priority_max === b.priority_max && a.serial < b.serial);
}

/**
 * @param rows have a limb beyond the match that is not 0 in use
 * @param max_size entries of the table
 */
export function makeLookup(rows: Rows, format: MatchFormat, max_size: number, moved: RowMoved): Lookup {
  if (format.has_priority) return new TernaryLookup(rows, format, max_size);
  if (format.parts.some((part) => part.kind === 'lpm')) return new LpmLookup(rows, format, max_size, moved);
  return new ExactLookup(rows, format, max_size, moved);
}
