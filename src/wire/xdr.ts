/**
 * XDR (RFC 4506): big-endian, everything padded to four bytes.
 *
 * The reader never throws. Its first read past the end, over a limit or of an illegal value makes it fail for good:
 * from then on every read gives a zero value, and `ok` is false. So a decoder reads its fields straight through and
 * asks once, at the end.
 */
import { concat, dataView, fail, uint } from './field';

const NOTHING = new Uint8Array(0);

export class XdrReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private offset = 0;
  private failed = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = dataView(bytes);
  }

  /** Whether every read so far was good. */
  get ok(): boolean {
    return !this.failed;
  }

  uint32(): number {
    const offset = this.take(4);
    return offset === undefined ? 0 : this.view.getUint32(offset);
  }

  uint64(): bigint {
    const offset = this.take(8);
    return offset === undefined ? 0n : this.view.getBigUint64(offset);
  }

  /** Only 0 and 1 are booleans. */
  bool(): boolean {
    const value = this.uint32();
    if (value > 1) this.failed = true;
    return value === 1 && this.ok;
  }

  /** Opaque data of a length both sides know: a view of the bytes read. */
  fixedOpaque(length: number): Uint8Array {
    const offset = this.take(length);
    const padding = this.take((4 - (length % 4)) % 4);
    if (offset === undefined || padding === undefined) return NOTHING;
    return this.bytes.subarray(offset, offset + length);
  }

  /** Opaque data that carries its length; more than `length_max` bytes fail. */
  opaque(length_max: number): Uint8Array {
    const length = this.uint32();
    if (length > length_max) this.failed = true;
    return this.failed ? NOTHING : this.fixedOpaque(length);
  }

  /** Bytes outside UTF-8 become U+FFFD: for what is shown and compared, never sent on. */
  string(length_max: number): string {
    return Buffer.from(this.opaque(length_max)).toString('utf8');
  }

  /** A string as it is, one character an octet: for what is sent on. */
  octets(length_max: number): string {
    return Buffer.from(this.opaque(length_max)).toString('latin1');
  }

  /** A counted array; more than `count_max` elements fail. Stops at the first bad element. */
  array<T>(count_max: number, element: () => T): T[] {
    const count = this.uint32();
    if (count > count_max) this.failed = true;
    const elements: T[] = [];
    while (!this.failed && elements.length < count) elements.push(element());
    return this.failed ? [] : elements;
  }

  /** A linked list: before each element a boolean that says one follows. More than `count_max` elements fail. */
  list<T>(count_max: number, element: () => T): T[] {
    const elements: T[] = [];
    while (this.bool()) {
      if (elements.length === count_max) this.failed = true;
      else elements.push(element());
    }
    return this.failed ? [] : elements;
  }

  /** Everything not read yet. */
  rest(): Uint8Array {
    return this.failed ? NOTHING : this.bytes.subarray(this.offset);
  }

  /** Marks what was read as illegal. */
  reject(): void {
    this.failed = true;
  }

  private take(length: number): number | undefined {
    if (this.failed || length > this.bytes.length - this.offset) {
      this.failed = true;
      return undefined;
    }
    const offset = this.offset;
    this.offset += length;
    return offset;
  }
}

/** Every method returns the writer, so that a message is one chain. Values out of range throw a RangeError. */
export class XdrWriter {
  private readonly pieces: Uint8Array[] = [];

  uint32(value: number): this {
    const piece = new Uint8Array(4);
    dataView(piece).setUint32(0, uint('XDR unsigned int', value, 32));
    this.pieces.push(piece);
    return this;
  }

  uint64(value: bigint): this {
    if (value < 0n || value >= 1n << 64n) fail('XDR unsigned hyper', value, 'an unsigned integer of 64 bits');
    const piece = new Uint8Array(8);
    dataView(piece).setBigUint64(0, value);
    this.pieces.push(piece);
    return this;
  }

  bool(value: boolean): this {
    return this.uint32(value ? 1 : 0);
  }

  fixedOpaque(bytes: Uint8Array): this {
    this.pieces.push(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
    return this;
  }

  opaque(bytes: Uint8Array): this {
    return this.uint32(bytes.length).fixedOpaque(bytes);
  }

  string(text: string): this {
    return this.opaque(new TextEncoder().encode(text));
  }

  /** What `XdrReader.octets` gave; a character above U+00FF throws a RangeError. */
  octets(octets: string): this {
    // eslint-disable-next-line no-control-regex
    if (!/^[\u0000-\u00ff]*$/.test(octets)) fail('XDR string', octets, 'one character an octet');
    return this.opaque(Buffer.from(octets, 'latin1'));
  }

  array<T>(elements: readonly T[], write: (element: T) => void): this {
    this.uint32(elements.length);
    elements.forEach((element) => write(element));
    return this;
  }

  list<T>(elements: readonly T[], write: (element: T) => void): this {
    for (const element of elements) {
      this.bool(true);
      write(element);
    }
    return this.bool(false);
  }

  /** Bytes that are XDR already. */
  raw(bytes: Uint8Array): this {
    this.pieces.push(bytes);
    return this;
  }

  finish(): Uint8Array {
    return concat(...this.pieces);
  }
}
