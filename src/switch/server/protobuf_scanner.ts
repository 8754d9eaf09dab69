/** Wire types of the Protocol Buffers encoding. */
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** A message that is malformed, or has what the scanner does not take. */
export class ScanError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ScanError';
  }
}

/** A place in protobuf bytes. Reads what is there without making objects of it. */
export class ProtobufScanner {
  constructor(
    public bytes: Uint8Array,
    public at: number,
    public end: number,
  ) {}

  /** A varint of at most 32 bits, such as a tag. */
  varint(): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= this.end) throw new ScanError('the message ends within a number');
      const byte = bytes[this.at++] as number;
      // The fifth byte has room for four bits of the 32.
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new ScanError('a number of more than 32 bits');
  }

  /** The length of a delimited field, as where the field ends. */
  length(): number {
    const end = this.varint() + this.at;
    if (end > this.end) throw new ScanError('the message ends within a field');
    return end;
  }

  /** Past the value of a field whose tag was just read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        while ((this.bytes[this.at++] ?? 0) >= 0x80);
        break;
      case FIXED64:
        this.at += 8;
        break;
      case DELIMITED:
        this.at = this.length();
        break;
      case FIXED32:
        this.at += 4;
        break;
      default:
        throw new ScanError(`wire type ${tag & 7} is not one of protobuf 3`);
    }
    if (this.at > this.end) throw new ScanError('the message ends within a field');
  }
}
