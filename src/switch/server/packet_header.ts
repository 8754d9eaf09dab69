import type { ControllerPacketMetadata, PacketMetadata } from 'p4runtime-js';
import { decodeBits, encodeBits } from './bytestring';
import { RpcError } from './rpc_error';

interface Field {
  id: number;
  name: string;
  /** 0: a type translated to a string, in a header that the program itself does not have. */
  width_bits: number;
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
    }));
    this.width_bits = this.fields.reduce((sum, { width_bits }) => sum + width_bits, 0);
    this.length_bytes = Math.ceil(this.width_bits / 8);
  }

  /** Throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE naming the field. */
  encode(metadata: PacketMetadata[]): Uint8Array {
    let header = 0n;
    for (const field of this.fields) {
      const given = metadata.filter(({ metadataId }) => metadataId === field.id);
      const [one] = given;
      if (one === undefined || given.length > 1) {
        const problem = one === undefined ? 'is missing' : 'is given twice';
        throw new RpcError(
          'INVALID_ARGUMENT',
          `${this.name}: metadata ${field.name} (id ${field.id}) ${problem}`,
        );
      }
      const value = decodeBits(one.value, field.width_bits, `${this.name}, metadata ${field.name}`);
      header = (header << BigInt(field.width_bits)) | value;
    }
    const unknown = metadata.find(({ metadataId }) => !this.fields.some(({ id }) => id === metadataId));
    if (unknown !== undefined) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `${this.name}: there is no metadata with id ${unknown.metadataId}`,
      );
    }
    if (this.length_bytes === 0) return new Uint8Array(0);
    header <<= BigInt(this.length_bytes * 8 - this.width_bits);
    return Buffer.from(header.toString(16).padStart(this.length_bytes * 2, '0'), 'hex');
  }

  /** undefined if the frame is shorter than the header. */
  decode(frame: Uint8Array): PacketMetadata[] | undefined {
    if (frame.length < this.length_bytes) return undefined;
    if (this.length_bytes === 0) return [];
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
}
