/** Packet-in and packet-out with metadata by name (specification, "Packet I/O"). */
import type { PacketIn as WirePacketIn, PacketMetadata, PacketOut as WirePacketOut } from 'p4runtime-js';
import { EncodingError, P4InfoMismatchError } from './errors';
import { decodeField, encodeField } from './match';
import type { P4Schema } from './p4info';

export interface PacketIn {
  payload: Buffer;
  /** By the field names of the program's @controller_header("packet_in"). */
  metadata: Record<string, bigint>;
}

export interface PacketOut {
  payload: Uint8Array;
  /** By the field names of @controller_header("packet_out"); every field is needed. */
  metadata: Record<string, bigint>;
}

/** Throws EncodingError. */
export function encodePacketOut(schema: P4Schema, packet: PacketOut): WirePacketOut {
  const fields = schema.packet_out?.fields ?? [];
  for (const name of Object.keys(packet.metadata)) {
    if (!fields.some((field) => field.name === name)) {
      const names = fields.map((field) => field.name).join(', ');
      throw new EncodingError(
        'packet_out',
        name,
        `no such metadata; ${names ? `it is ${names}` : 'there is none'}`,
      );
    }
  }
  const metadata: PacketMetadata[] = fields.map((field) => {
    const value = packet.metadata[field.name];
    if (value === undefined) {
      throw new EncodingError(
        'packet_out',
        field.name,
        `missing; a value of ${field.width_bits} bits is needed`,
      );
    }
    return { metadataId: field.id, value: encodeField('packet_out', field, value) };
  });
  const { buffer, byteOffset, byteLength } = packet.payload;
  return { payload: Buffer.from(buffer, byteOffset, byteLength), metadata };
}

/** Throws P4InfoMismatchError for metadata the P4Info does not have. */
export function decodePacketIn(schema: P4Schema, wire: WirePacketIn): PacketIn {
  const fields = schema.packet_in?.fields ?? [];
  const metadata: Record<string, bigint> = {};
  for (const { metadataId, value } of wire.metadata) {
    const field = fields.find(({ id }) => id === metadataId);
    if (field === undefined) {
      throw new P4InfoMismatchError(`packet_in: the target sent metadata with id ${metadataId}`);
    }
    metadata[field.name] = decodeField('packet_in', field, value);
  }
  return { payload: wire.payload, metadata };
}
