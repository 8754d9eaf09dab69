import type { ControllerPacketMetadata, PacketMetadata } from 'p4runtime-js';
import { decodeBits, decodeNumber, encodeBits, encodeNumber } from './bytestring';
import { RpcError } from './rpc_error';

/** Wider fields are taken in pieces of so many bits: what a number has room for wherever in a byte it begins. */
const PIECE_BITS = 32;

interface Field {
  id: number;
  name: string;
  /** 0: a type translated to a string, in a header that the program itself does not have. */
  width_bits: number;
  first_bit: number;
  /** In errors. */
  what: string;
}

/**
 * A controller packet header ("packet_in", "packet_out") as bytes in front of the frame <-> P4Runtime metadata. The
 * fields lie one after the other in P4Info's order, most significant bit first; the last byte is filled up with zeros.
 */
export class PacketHeader {
  readonly length_bytes: number;
  private readonly fields: Field[];

  /** undefined: the program has no such header, frames pass bare. */
  constructor(
    private readonly name: 'packet_in' | 'packet_out',
    header: ControllerPacketMetadata | undefined,
  ) {
    let first_bit = 0;
    this.fields = (header?.metadata ?? []).map(({ id, name: field, bitwidth: width_bits }) => {
      first_bit += width_bits;
      return {
        id,
        name: field,
        width_bits,
        first_bit: first_bit - width_bits,
        what: `${name}, metadata ${field}`,
      };
    });
    this.length_bytes = Math.ceil(first_bit / 8);
  }

  /** Throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE naming the field. */
  encode(metadata: PacketMetadata[]): Uint8Array {
    const header = new Uint8Array(this.length_bytes);
    for (const field of this.fields) writeField(header, field, this.given(field, metadata));
    const unknown = metadata.find(({ metadataId }) => !this.fields.some(({ id }) => id === metadataId));
    if (unknown !== undefined) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `${this.name}: there is no metadata with id ${unknown.metadataId}`,
      );
    }
    return header;
  }

  /** undefined if the frame is shorter than the header. */
  decode(frame: Uint8Array): PacketMetadata[] | undefined {
    if (frame.length < this.length_bytes) return undefined;
    if (this.length_bytes === 0) return [];
    return this.fields.map((field) => ({ metadataId: field.id, value: readField(frame, field) }));
  }

  /** The value of a field, which is to be given once. */
  private given({ id, name }: Field, metadata: PacketMetadata[]): Uint8Array {
    let found: Uint8Array | undefined;
    let count = 0;
    for (const { metadataId, value } of metadata) {
      if (metadataId !== id) continue;
      found = value;
      count++;
    }
    if (found !== undefined && count === 1) return found;
    const problem = count === 0 ? 'is missing' : 'is given twice';
    throw new RpcError('INVALID_ARGUMENT', `${this.name}: metadata ${name} (id ${id}) ${problem}`);
  }
}

function writeField(header: Uint8Array, field: Field, value: Uint8Array): void {
  const { first_bit, width_bits, what } = field;
  if (width_bits <= PIECE_BITS) {
    writeBits(header, first_bit, width_bits, decodeNumber(value, width_bits, what));
    return;
  }
  const whole = decodeBits(value, width_bits, what);
  for (let left = width_bits; left > 0; left -= PIECE_BITS) {
    const piece = Math.min(left, PIECE_BITS);
    const bits = Number((whole >> BigInt(width_bits - left)) & 0xffffffffn) % 2 ** piece;
    writeBits(header, first_bit + left - piece, piece, bits);
  }
}

function readField(header: Uint8Array, { first_bit, width_bits }: Field): Buffer {
  if (width_bits <= PIECE_BITS) return encodeNumber(readBits(header, first_bit, width_bits));
  let whole = 0n;
  for (let done = 0; done < width_bits; done += PIECE_BITS) {
    const piece = Math.min(width_bits - done, PIECE_BITS);
    whole = (whole << BigInt(piece)) | BigInt(readBits(header, first_bit + done, piece));
  }
  return encodeBits(whole);
}

/** `width_bits` at most 32; the place is still zero. */
function writeBits(header: Uint8Array, first_bit: number, width_bits: number, value: number): void {
  const end = first_bit + width_bits;
  let rest = value * 2 ** (-end & 7);
  for (let at = ((end + 7) >>> 3) - 1; at >= first_bit >>> 3; at--) {
    header[at] = (header[at] ?? 0) | (rest % 256);
    rest = Math.floor(rest / 256);
  }
}

function readBits(header: Uint8Array, first_bit: number, width_bits: number): number {
  const end = first_bit + width_bits;
  let value = 0;
  for (let at = first_bit >>> 3; at << 3 < end; at++) value = value * 256 + (header[at] ?? 0);
  return Math.floor(value / 2 ** (-end & 7)) % 2 ** width_bits;
}
