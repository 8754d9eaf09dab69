import type { ControllerPacketMetadata, PacketMetadata } from 'p4runtime-js';
import { decodeBits, decodeNumber, encodeBits, encodeNumber } from './bytestring';
import { RpcError } from './rpc_error';

/** Headers up to here are handled as numbers, which is much faster: there may be one for each frame. */
const NUMBER_BYTES_MAX = 6;

interface Field {
  id: number;
  name: string;
  /** 0: a type translated to a string, in a header that the program itself does not have. */
  width_bits: number;
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
  private readonly width_bits: number;

  /** undefined: the program has no such header, frames pass bare. */
  constructor(
    private readonly name: 'packet_in' | 'packet_out',
    header: ControllerPacketMetadata | undefined,
  ) {
    this.fields = (header?.metadata ?? []).map((field) => ({
      id: field.id,
      name: field.name,
      width_bits: field.bitwidth,
      what: `${name}, metadata ${field.name}`,
    }));
    this.width_bits = this.fields.reduce((sum, { width_bits }) => sum + width_bits, 0);
    this.length_bytes = Math.ceil(this.width_bits / 8);
  }

  /** Throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE naming the field. */
  encode(metadata: PacketMetadata[]): Uint8Array {
    const header =
      this.length_bytes <= NUMBER_BYTES_MAX ? this.encodeNumbers(metadata) : this.encodeBigints(metadata);
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
    if (this.length_bytes <= NUMBER_BYTES_MAX) return this.decodeNumbers(frame);
    const header = BigInt(
      `0x${Buffer.from(frame.buffer, frame.byteOffset, this.length_bytes).toString('hex')}`,
    );
    let bits_left = this.length_bytes * 8;
    return this.fields.map(({ id, width_bits }) => {
      bits_left -= width_bits;
      const value = BigInt.asUintN(width_bits, header >> BigInt(bits_left));
      return { metadataId: id, value: encodeBits(value) };
    });
  }

  private encodeNumbers(metadata: PacketMetadata[]): Uint8Array {
    const bytes = new Uint8Array(this.length_bytes);
    let header = 0;
    for (const field of this.fields) {
      const value = decodeNumber(this.given(field, metadata), field.width_bits, field.what);
      header = header * 2 ** field.width_bits + value;
    }
    header *= 2 ** (bytes.length * 8 - this.width_bits);
    for (let i = bytes.length; i > 0; header = Math.floor(header / 256)) bytes[--i] = header % 256;
    return bytes;
  }

  private encodeBigints(metadata: PacketMetadata[]): Uint8Array {
    let header = 0n;
    for (const field of this.fields) {
      const value = decodeBits(this.given(field, metadata), field.width_bits, field.what);
      header = (header << BigInt(field.width_bits)) | value;
    }
    header <<= BigInt(this.length_bytes * 8 - this.width_bits);
    return Buffer.from(header.toString(16).padStart(this.length_bytes * 2, '0'), 'hex');
  }

  private decodeNumbers(frame: Uint8Array): PacketMetadata[] {
    if (this.length_bytes === 0) return [];
    let header = 0;
    for (let i = 0; i < this.length_bytes; i++) header = header * 256 + (frame[i] ?? 0);
    let bits_left = this.length_bytes * 8;
    return this.fields.map(({ id, width_bits }) => {
      bits_left -= width_bits;
      const value = Math.floor(header / 2 ** bits_left) % 2 ** width_bits;
      return { metadataId: id, value: encodeNumber(value) };
    });
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
