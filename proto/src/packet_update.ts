/**
 * Stream messages that carry a packet, in either direction: `packet` is field 2 of StreamMessageRequest and of
 * StreamMessageResponse, and PacketOut is laid out as PacketIn. There is one for each frame, so they are written and
 * read here without the generated code's intermediate steps; the bytes are the same.
 */
import type { PacketIn, PacketMetadata, PacketOut } from './generated/p4/v1/p4runtime';

type Packet = PacketIn | PacketOut;

/** Tags: field number and wire type. */
const UPDATE_PACKET = 0x12;
const PAYLOAD = 0x0a;
const METADATA = 0x12;
const METADATA_ID = 0x08;
const METADATA_VALUE = 0x12;

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) length++;
  return length;
}

function bytesLength(length: number): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length;
}

function metadataLength({ metadataId, value }: PacketMetadata): number {
  return (metadataId === 0 ? 0 : 1 + varintLength(metadataId >>> 0)) + bytesLength(value.length);
}

/** The whole message, StreamMessageRequest or StreamMessageResponse. */
export function encodePacketUpdate({ payload, metadata }: Packet): Buffer {
  let length = bytesLength(payload.length);
  for (const one of metadata) {
    const inner = metadataLength(one);
    length += 1 + varintLength(inner) + inner;
  }
  const bytes = Buffer.allocUnsafe(1 + varintLength(length) + length);
  let at = writeVarint(bytes, 0, UPDATE_PACKET);
  at = writeVarint(bytes, at, length);
  at = writeBytes(bytes, at, PAYLOAD, payload);
  for (const one of metadata) {
    at = writeVarint(bytes, at, METADATA);
    at = writeVarint(bytes, at, metadataLength(one));
    if (one.metadataId !== 0) {
      at = writeVarint(bytes, at, METADATA_ID);
      at = writeVarint(bytes, at, one.metadataId >>> 0);
    }
    at = writeBytes(bytes, at, METADATA_VALUE, one.value);
  }
  return bytes;
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function writeBytes(bytes: Buffer, at: number, tag: number, value: Uint8Array): number {
  if (value.length === 0) return at;
  const start = writeVarint(bytes, writeVarint(bytes, at, tag), value.length);
  bytes.set(value, start);
  return start + value.length;
}

/** Undefined for any other message, also one with a packet but not in its plainest form: that is for the generated code. */
export function decodePacketUpdate(
  bytes: Buffer,
): { payload: Buffer; metadata: PacketMetadata[] } | undefined {
  const reader = new Reader(bytes);
  if (reader.varint() !== UPDATE_PACKET || reader.varint() !== bytes.length - reader.at) return undefined;
  let payload: Buffer | undefined;
  const metadata: PacketMetadata[] = [];
  while (reader.at < bytes.length) {
    const tag = reader.varint();
    if (tag === PAYLOAD && payload === undefined) {
      // A copy, as the message may be one of many in a larger buffer.
      payload = Buffer.from(reader.bytes() ?? NOTHING);
    } else if (tag === METADATA) {
      const end = reader.varint() + reader.at;
      const one: PacketMetadata = { metadataId: 0, value: NOTHING };
      while (reader.at < end) {
        const inner = reader.varint();
        if (inner === METADATA_ID) one.metadataId = reader.varint();
        else if (inner === METADATA_VALUE) one.value = Buffer.from(reader.bytes() ?? NOTHING);
        else return undefined;
      }
      if (reader.at !== end) return undefined;
      metadata.push(one);
    } else {
      return undefined;
    }
  }
  return reader.failed ? undefined : { payload: payload ?? NOTHING, metadata };
}

const NOTHING = Buffer.alloc(0);

class Reader {
  at = 0;
  failed = false;

  constructor(private readonly buffer: Buffer) {}

  /** Of at most 28 bits, which is all that plain messages have; else it fails, and everything after it. */
  varint(): number {
    const { buffer } = this;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[this.at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.fail();
  }

  bytes(): Buffer | undefined {
    const length = this.varint();
    const start = this.at;
    this.at += length;
    if (this.at <= this.buffer.length) return this.buffer.subarray(start, this.at);
    this.fail();
    return undefined;
  }

  private fail(): number {
    this.failed = true;
    this.at = this.buffer.length;
    return 0;
  }
}
