import { HashIndex, hashLimbs } from './hash_index';
import type { Rows } from './rows';

/** Rows that are searched together; of rows of four limbs they are a cache line. */
const BUCKET_ROWS = 4;
const ROW_BITS = BUCKET_ROWS - 1;
/** Row 0 is not an entry's; a whole bucket is left out, so that the others begin where cache lines do. */
const FIRST = BUCKET_ROWS;
const BUCKETS_MIN = 4;
/** Beyond this part of its rows in use the array grows by `GROWTH`. */
const LOAD_MAX = 0.7;
const GROWTH = 1.5;
/** Of the array's buckets when it has grown, at each `place`: packets must not wait for all of them. */
const BUCKETS_MOVED_PER_PLACE = 2;
/** Where an entry that is astray may stand; beyond all buckets if these are full. */
const BUCKETS_TRIED = 32;
const SMALL_BUCKETS_MAX = 4096;
const TWO_32 = 2 ** 32;
const COUNT_MAX = 255;

/** A row's content is elsewhere from now on: what belongs to it has to follow. */
export type RowMoved = (from: number, to: number) => void;

/**
 * Entries in rows whose numbers come from the hashes of their keys: a lookup computes where the entry is instead of
 * reading it somewhere, so in a table that no cache holds it waits for memory once. (An index of entry numbers costs as
 * much memory as the rows' empty places do, and a second wait.)
 *
 * A key has two buckets of four rows. It is put in the first if there is room, else in the second, else one that has
 * room elsewhere makes way ("cuckoo hashing"), and if all fails it is *astray*: anywhere, with an index of its own. The
 * number of rows grows by half at a time; entries then move to their new buckets bit by bit, and until they have,
 * lookups try the old buckets, too. Rows that are held (`hold`) do not move: what comes meanwhile may go astray.
 */
export class HashedRows {
  size = 0;
  private buckets = BUCKETS_MIN;
  /** Buckets before the last growth, until all rows have moved; else 0. */
  private old_buckets = 0;
  /** Rows from here on have moved since the last growth. */
  private next_moved = 0;
  /** At least the entries of each bucket that have it as their first and are not in it. */
  private elsewhere = new Uint8Array(BUCKETS_MIN);
  /** No row from here on is in use. */
  private used_end = FIRST;
  /** The same of rows that have got or kept their entry since the last `resize`: of all, when all have moved. */
  private settled_end = FIRST;
  private astray: HashIndex | undefined;
  /** All free rows beyond the buckets and below `used_end`, each once. */
  private astray_free: number[] = [];
  /** Entries went astray because rows were held. */
  private has_displaced = false;
  private holders = 0;
  private readonly buckets_max: number;

  constructor(
    private readonly rows: Rows,
    /** Limbs of a row, from its start, that make the key; the next is not 0 while the row is in use. */
    private readonly length: number,
    private readonly max_size: number,
    private readonly moved: RowMoved,
  ) {
    this.buckets_max = Math.max(BUCKETS_MIN, bucketsFor(max_size));
    rows.extend(FIRST + BUCKETS_MIN * BUCKET_ROWS);
  }

  /** All rows in use are below this. */
  get end(): number {
    return this.used_end;
  }

  /** The row with the key `probe[0, length)`, or 0. */
  find(probe: Uint32Array): number {
    return this.findHashed(probe, hashLimbs(probe, 0, this.length));
  }

  /** The same with hashLimbs of the key. */
  findHashed(probe: Uint32Array, hash: number): number {
    const bucket = bucketOf(hash, this.buckets);
    const row = this.search(bucket, probe, hash);
    if (row !== 0) return row;
    if (this.elsewhere[bucket] === 0 && this.old_buckets === 0) return 0;
    return this.findElsewhere(probe, hash);
  }

  private findElsewhere(probe: Uint32Array, hash: number): number {
    const second = otherHash(hash);
    let row = this.search(bucketOf(second, this.buckets), probe, hash);
    if (row !== 0) return row;
    if (this.old_buckets !== 0) {
      row = this.search(bucketOf(hash, this.old_buckets), probe, hash);
      if (row === 0) row = this.search(bucketOf(second, this.old_buckets), probe, hash);
      if (row !== 0) return row;
    }
    return this.astray === undefined ? 0 : this.astray.find(probe);
  }

  /** A row for a key that is not there yet, with the key in it. */
  place(key: Uint32Array): number {
    if (this.holders === 0) this.makeRoom();
    const hash = hashLimbs(key, 0, this.length);
    const row = this.room(hash);
    const { records, stride } = this.rows;
    const base = row * stride;
    for (let i = 0; i < this.length; i++) records[base + i] = key[i] as number;
    records[base + this.length] = 1;
    this.settled(row, hash);
    this.size++;
    return row;
  }

  remove(row: number): void {
    const hash = this.hashOf(row);
    this.unsettled(row, hash);
    this.rows.records[row * this.rows.stride + this.length] = 0;
    this.size--;
  }

  /** Until `release` no row moves. */
  hold(): void {
    this.holders++;
  }

  release(): void {
    this.holders--;
  }

  // -- within --

  private search(bucket: number, probe: Uint32Array, hash: number): number {
    const { length } = this;
    const { records, stride } = this.rows;
    const first = FIRST + bucket * BUCKET_ROWS;
    const wanted = probe[0];
    for (let i = 0; i < BUCKET_ROWS; i++) {
      const row = first + ((hash + i) & ROW_BITS);
      const base = row * stride;
      if (records[base] !== wanted || records[base + length] === 0) continue;
      let limb = 1;
      while (limb < length && records[base + limb] === probe[limb]) limb++;
      if (limb === length) return row;
    }
    return 0;
  }

  private isUsed(row: number): boolean {
    return this.rows.records[row * this.rows.stride + this.length] !== 0;
  }

  private hashOf(row: number): number {
    return hashLimbs(this.rows.records, row * this.rows.stride, this.length);
  }

  /** A free row for a key of this hash. */
  private room(hash: number): number {
    const first = bucketOf(hash, this.buckets);
    const second = bucketOf(otherHash(hash), this.buckets);
    return (
      this.freeIn(first, hash) ||
      this.freeIn(second, hash) ||
      (this.holders > 0 ? 0 : this.makeWay(first) || this.makeWay(second)) ||
      this.roomAstray(second)
    );
  }

  /** Where a search for a key of this hash comes by first, so that most find what they want at once. */
  private freeIn(bucket: number, hash: number): number {
    const first = FIRST + bucket * BUCKET_ROWS;
    for (let i = 0; i < BUCKET_ROWS; i++) {
      const row = first + ((hash + i) & ROW_BITS);
      if (!this.isUsed(row)) return row;
    }
    return 0;
  }

  /** A row of a full bucket, freed because its entry has room in its other bucket; 0: none has. */
  private makeWay(bucket: number): number {
    const first = FIRST + bucket * BUCKET_ROWS;
    for (let row = first; row < first + BUCKET_ROWS; row++) {
      const hash = this.hashOf(row);
      const one = bucketOf(hash, this.buckets);
      const other = one === bucket ? bucketOf(otherHash(hash), this.buckets) : one;
      const to = this.freeIn(other, hash);
      if (to === 0) continue;
      this.move(row, to, hash);
      return row;
    }
    return 0;
  }

  private roomAstray(from_bucket: number): number {
    if (this.holders > 0) this.has_displaced = true;
    for (let i = 1; i <= BUCKETS_TRIED; i++) {
      const row = this.freeIn((from_bucket + i) % this.buckets, 0);
      if (row !== 0) return row;
    }
    const free = this.astray_free.pop();
    if (free !== undefined) return free;
    const row = Math.max(this.used_end, this.buckets_end);
    if (row > this.row_max) return this.anyFree();
    this.rows.reserve(row);
    return row;
  }

  /** With more entries than `max_size` the rows that the index of those astray has numbers for come to an end. */
  private anyFree(): number {
    for (let row = FIRST; row < this.buckets_end; row++) if (!this.isUsed(row)) return row;
    throw new RangeError(`no row is free for entry ${this.size + 1} of ${this.max_size}`);
  }

  private move(from: number, to: number, hash: number): void {
    const { records, stride } = this.rows;
    this.unsettled(from, hash);
    records.copyWithin(to * stride, from * stride, (from + 1) * stride);
    this.moved(from, to);
    records[from * stride + this.length] = 0;
    this.settled(to, hash);
  }

  /** A row has got an entry of this hash. */
  private settled(row: number, hash: number): void {
    if (row >= this.used_end) this.used_end = row + 1;
    if (row >= this.settled_end) this.settled_end = row + 1;
    const first = bucketOf(hash, this.buckets);
    const bucket = bucketAt(row);
    if (bucket === first) return;
    const count = this.elsewhere[first] as number;
    if (count < COUNT_MAX) this.elsewhere[first] = count + 1;
    if (bucket === bucketOf(otherHash(hash), this.buckets)) return;
    this.astray ??= new HashIndex(this.rows, this.length, { entry_max: this.row_max });
    this.astray.add(row);
  }

  /** A row is about to lose its entry, of this hash. */
  private unsettled(row: number, hash: number): void {
    // After the array has grown, the place of an astray entry may happen to be one of its own.
    this.noLongerAstray(row);
    if (row >= this.buckets_end) this.astray_free.push(row);
    const first = bucketOf(hash, this.buckets);
    const bucket = bucketAt(row);
    if (bucket === first) return;
    // Whether rows that have yet to move are in the count cannot be told: too many cost time, too few an entry.
    const count = this.elsewhere[first] as number;
    if (this.old_buckets === 0 && count > 0 && count < COUNT_MAX) this.elsewhere[first] = count - 1;
  }

  private keyOf(row: number): Uint32Array {
    const base = row * this.rows.stride;
    return this.rows.records.subarray(base, base + this.length);
  }

  /** Rows from here on are in no bucket. */
  private get buckets_end(): number {
    return FIRST + this.buckets * BUCKET_ROWS;
  }

  private get row_max(): number {
    return FIRST + this.buckets_max * BUCKET_ROWS + this.max_size;
  }

  private noLongerAstray(row: number): void {
    const { astray } = this;
    if (astray?.find(this.keyOf(row)) !== row) return;
    astray.remove(row);
    if (astray.size === 0) this.astray = undefined;
  }

  private makeRoom(): void {
    const { size, buckets } = this;
    if (this.old_buckets !== 0) this.moveOn();
    else if (size >= buckets * BUCKET_ROWS * LOAD_MAX && buckets < this.buckets_max)
      this.resize(Math.min(this.buckets_max, Math.max(bucketsFor(size + 1), Math.ceil(buckets * GROWTH))));
    else if (this.has_displaced) this.resize(buckets);
  }

  /** Begins to put all entries where they belong when there are so many buckets. */
  private resize(buckets: number): void {
    this.old_buckets = this.buckets;
    this.buckets = buckets;
    this.next_moved = this.used_end;
    this.elsewhere = new Uint8Array(buckets);
    this.settled_end = FIRST;
    this.astray_free = this.astray_free.filter((row) => row >= this.buckets_end);
    this.has_displaced = false;
    this.rows.extend(this.buckets_end);
  }

  /** Goes from the last row down: most entries move up. */
  private moveOn(): void {
    const end = Math.max(FIRST, this.next_moved - BUCKETS_MOVED_PER_PLACE * BUCKET_ROWS);
    while (this.next_moved > end) {
      this.next_moved--;
      if (this.isUsed(this.next_moved)) this.moveHome(this.next_moved);
    }
    if (end > FIRST) return;
    this.old_buckets = 0;
    this.used_end = this.settled_end;
    this.astray_free = this.astray_free.filter((row) => row < this.used_end);
  }

  private moveHome(row: number): void {
    const hash = this.hashOf(row);
    const first = bucketOf(hash, this.buckets);
    const second = bucketOf(otherHash(hash), this.buckets);
    const bucket = bucketAt(row);
    const to =
      bucket === first || bucket === second ? 0 : this.freeIn(first, hash) || this.freeIn(second, hash);
    if (to !== 0) {
      this.move(row, to, hash);
      return;
    }
    // It stays, but now it counts.
    this.noLongerAstray(row);
    this.settled(row, hash);
  }
}

function bucketsFor(size: number): number {
  return Math.ceil(size / (BUCKET_ROWS * LOAD_MAX));
}

function bucketOf(hash: number, buckets: number): number {
  // The same by 16 bits of the hash, where these are enough, is a matter of two instructions.
  if (buckets <= SMALL_BUCKETS_MAX) return Math.imul(hash >>> 16, buckets) >>> 16;
  return ((hash >>> 0) * (buckets / TWO_32)) | 0;
}

function bucketAt(row: number): number {
  return ((row / BUCKET_ROWS) | 0) - FIRST / BUCKET_ROWS;
}

/** For the second bucket. */
function otherHash(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 12);
}
