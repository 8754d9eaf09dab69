/**
 * Record marking (RFC 5531 section 11): RPC messages on a byte stream. A record is one or more fragments; each has a
 * header of four octets, the highest bit "this is the last fragment", the other 31 its length in octets.
 */
import { concat, fail } from './field';

export const RECORD_MARK_LENGTH = 4;
const LAST_FRAGMENT = 0x8000_0000;
/** The longest fragment the header can say. */
export const FRAGMENT_LENGTH_MAX = 0x7fff_ffff;

export interface RecordLimits {
  /** Of the longest record that is taken, headers not counted. */
  record_octets_max: number;
  /** Of the fragments of one record. Bounds the work that fragments without octets make. */
  fragments_max: number;
}

/** Why a stream cannot be read on: where its next record begins is not known any more. */
export type RecordError = 'record_too_long' | 'too_many_fragments';

const NOTHING = new Uint8Array(0);
/** The first buffer of a record that comes in several chunks; it doubles with what has come, not what was announced. */
const BUFFER_OCTETS = 1024;

/**
 * Cuts the chunks of one stream into records. Memory: the chunk offered last, until its records were fetched, and within
 * a record at most twice the octets that have come of it. After an error it stays in error and reads nothing.
 */
export class RecordSplitter {
  #failure: RecordError | undefined;
  #header = 0;
  #header_octets = 0;
  /** Octets of the present fragment that are still to come. */
  #fragment_left = 0;
  #is_last = false;
  #fragments = 0;
  /** What has come of the present record, `#length` octets of it. */
  #buffer: Uint8Array = NOTHING;
  #length = 0;
  /** What was offered last, read up to `#at`. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;

  constructor(private readonly limits: RecordLimits) {}

  get failure(): RecordError | undefined {
    return this.#failure;
  }

  /** Whether a record (or its header) has begun and not ended. */
  get within_record(): boolean {
    return this.#header_octets > 0 || this.#fragments > 0;
  }

  /** Octets held for the present record. */
  get held_octets(): number {
    return this.#buffer.length;
  }

  /** Octets of the chunk offered last that are not read yet. */
  get offered_octets(): number {
    return this.#chunk.length - this.#at;
  }

  /** Copies what is not read yet, so that nothing keeps the memory that the chunk is part of. */
  keepApart(): void {
    this.#chunk = new Uint8Array(this.#chunk.subarray(this.#at));
    this.#at = 0;
  }

  /** Hands each record that `chunk` ends to `take`, in order. */
  push(chunk: Uint8Array, take: (record: Uint8Array) => void): RecordError | undefined {
    this.offer(chunk);
    for (let record = this.next(); record !== undefined; record = this.next()) take(record);
    return this.#failure;
  }

  /** The next octets of the stream, of which `next` reads; all that was offered before must have been read. */
  offer(chunk: Uint8Array): void {
    if (this.offered_octets > 0) fail('chunk', `${this.offered_octets} octets of another one`, 'none unread');
    this.#chunk = this.#failure === undefined ? chunk : NOTHING;
    this.#at = 0;
  }

  /**
   * The next record of what was offered; undefined when that is used up, or in error. A record is a view of the
   * chunk if it lies in it whole and in one fragment, else a buffer of its own; the splitter touches neither again.
   */
  next(): Uint8Array | undefined {
    while (this.offered_octets > 0) {
      if (this.#fragment_left > 0) {
        this.readFragment();
      } else {
        this.readHeader();
        if (this.#header_octets < RECORD_MARK_LENGTH) break;
        this.openFragment();
        if (this.#failure !== undefined) break;
        if (this.isWhole(this.offered_octets)) {
          const start = this.#at;
          this.#at += this.#fragment_left;
          const record = this.#chunk.subarray(start, this.#at);
          this.reset();
          return record;
        }
      }
      if (this.#fragment_left === 0 && this.#is_last && this.#fragments > 0) return this.takeRecord();
    }
    this.#chunk = NOTHING;
    this.#at = 0;
    return undefined;
  }

  private readHeader(): void {
    while (this.#header_octets < RECORD_MARK_LENGTH && this.#at < this.#chunk.length) {
      this.#header = ((this.#header << 8) | (this.#chunk[this.#at++] as number)) >>> 0;
      this.#header_octets++;
    }
  }

  private openFragment(): void {
    const length = this.#header & FRAGMENT_LENGTH_MAX;
    this.#is_last = this.#header >= LAST_FRAGMENT;
    this.#header = 0;
    this.#header_octets = 0;
    this.#fragments++;
    this.#fragment_left = length;
    if (this.#length + length > this.limits.record_octets_max) this.giveUp('record_too_long');
    else if (this.#fragments > this.limits.fragments_max) this.giveUp('too_many_fragments');
  }

  /** Whether the record is one fragment, all of which is among the `left` octets after its header. */
  private isWhole(left: number): boolean {
    return this.#is_last && this.#fragments === 1 && this.#fragment_left <= left;
  }

  private readFragment(): void {
    const count = Math.min(this.#fragment_left, this.offered_octets);
    this.reserve(count);
    this.#buffer.set(this.#chunk.subarray(this.#at, this.#at + count), this.#length);
    this.#at += count;
    this.#length += count;
    this.#fragment_left -= count;
  }

  private reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    // The last fragment says how long the record is: no more than that is ever needed.
    const end = this.#is_last ? this.#length + this.#fragment_left : this.limits.record_octets_max;
    const grown = new Uint8Array(Math.min(end, Math.max(BUFFER_OCTETS, needed, this.#length * 2)));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  private takeRecord(): Uint8Array {
    const record = this.#buffer.subarray(0, this.#length);
    this.reset();
    return record;
  }

  private reset(): void {
    this.#fragment_left = 0;
    this.#is_last = false;
    this.#fragments = 0;
    this.#buffer = NOTHING;
    this.#length = 0;
  }

  private giveUp(failure: RecordError): void {
    this.reset();
    this.#failure = failure;
  }
}

/** Writes the header of a fragment at `offset`; there must be room for it. */
export function writeRecordMark(bytes: Uint8Array, offset: number, length: number, is_last = true): void {
  if (!Number.isInteger(length) || length < 0 || length > FRAGMENT_LENGTH_MAX) {
    fail('fragment length', length, 'an unsigned integer of 31 bits');
  }
  bytes[offset] = (length >>> 24) | (is_last ? 0x80 : 0);
  bytes[offset + 1] = length >>> 16;
  bytes[offset + 2] = length >>> 8;
  bytes[offset + 3] = length;
}

/** The record on the stream, in fragments of at most `fragment_octets_max` octets: one, if that is not given. */
export function encodeRecord(record: Uint8Array, fragment_octets_max = FRAGMENT_LENGTH_MAX): Uint8Array {
  if (!Number.isInteger(fragment_octets_max) || fragment_octets_max < 1) {
    fail('fragment_octets_max', fragment_octets_max, 'a positive integer');
  }
  const pieces: Uint8Array[] = [];
  let at = 0;
  do {
    const fragment = record.subarray(at, at + fragment_octets_max);
    at += fragment.length;
    const mark = new Uint8Array(RECORD_MARK_LENGTH);
    writeRecordMark(mark, 0, fragment.length, at === record.length);
    pieces.push(mark, fragment);
  } while (at < record.length);
  return concat(...pieces);
}
