/**
 * Classic pcap capture files: both byte orders, microseconds and nanoseconds (draft-ietf-opsawg-pcap). Files, unlike
 * frames, come from a person: a bad one throws a PcapError that says where and what.
 */
import { concat, dataView, fail, uint } from './field';

export const LINKTYPE_ETHERNET = 1;

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const SNAP_LENGTH_DEFAULT = 262144;
/** Above every capture tool's maximum: a larger length is a damaged file, not a packet. */
const RECORD_LENGTH_MAX = 1 << 27;

export interface PcapPacket {
  /** Since 1970-01-01 UTC. */
  timestamp_ns: bigint;
  /** Of the packet on the wire; more than `data` holds where the capture cut it. */
  originalLength: number;
  /** A view of the file's bytes. */
  data: Uint8Array;
}

export interface PcapFormat {
  linkType: number;
  snapLength: number;
  littleEndian: boolean;
  /** Microseconds otherwise. */
  nanoseconds: boolean;
}

export interface Pcap extends PcapFormat {
  packets: PcapPacket[];
}

export class PcapError extends Error {
  override readonly name = 'PcapError';
  readonly offset: number;

  /** `packets`: what could be read before `offset`. */
  constructor(
    file: string,
    offset: number,
    problem: string,
    readonly packets: readonly PcapPacket[],
  ) {
    super(`${file}: at byte ${offset}, after ${packets.length} packets: ${problem}`);
    this.offset = offset;
  }
}

/** Throws PcapError; `file` is what its message calls the capture. */
export function decodePcap(bytes: Uint8Array, file: string): Pcap {
  const view = dataView(bytes);
  const packets: PcapPacket[] = [];
  const refuse = (offset: number, problem: string): never => {
    throw new PcapError(file, offset, problem, packets);
  };
  const format = decodeFileHeader(view) ?? refuse(0, describeNoPcap(bytes));
  const unit_ns = format.nanoseconds ? 1n : 1000n;
  let offset = FILE_HEADER_LENGTH;
  while (offset < bytes.length) {
    const left = bytes.length - offset;
    if (left < RECORD_HEADER_LENGTH) {
      refuse(offset, `truncated: ${left} bytes of a ${RECORD_HEADER_LENGTH}-byte packet header`);
    }
    const field = (index: number): number => view.getUint32(offset + 4 * index, format.littleEndian);
    const length = field(2);
    if (length > RECORD_LENGTH_MAX) refuse(offset, `found packet length ${length}, expected at most 2^27`);
    const start = offset + RECORD_HEADER_LENGTH;
    if (length > bytes.length - start) {
      refuse(offset, `truncated: ${bytes.length - start} of a packet's ${length} bytes`);
    }
    packets.push({
      timestamp_ns: BigInt(field(0)) * 1_000_000_000n + BigInt(field(1)) * unit_ns,
      originalLength: field(3),
      data: bytes.subarray(start, start + length),
    });
    offset = start + length;
  }
  return { ...format, packets };
}

function decodeFileHeader(view: DataView): PcapFormat | undefined {
  if (view.byteLength < FILE_HEADER_LENGTH) return undefined;
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MAGIC_MICROSECONDS || magic === MAGIC_NANOSECONDS) {
      return {
        littleEndian,
        nanoseconds: magic === MAGIC_NANOSECONDS,
        snapLength: view.getUint32(16, littleEndian),
        // The upper bits say whether frames carry a check sequence.
        linkType: view.getUint32(20, littleEndian) & 0xffff,
      };
    }
  }
  return undefined;
}

function describeNoPcap(bytes: Uint8Array): string {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  if (magic === '0a0d0d0a') return 'found a pcapng file, expected classic pcap (convert: editcap -F pcap)';
  if (bytes.length < FILE_HEADER_LENGTH) {
    return `truncated: ${bytes.length} bytes of a ${FILE_HEADER_LENGTH}-byte file header`;
  }
  return `found magic ${magic}, expected a1b2c3d4 or a1b23c4d in either byte order`;
}

/** The start of a capture file: append `encodePcapPacket`s to it. Little-endian Ethernet in nanoseconds by default. */
export function encodePcapHeader(format: Partial<PcapFormat> = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = true } = format;
  const bytes = new Uint8Array(FILE_HEADER_LENGTH);
  const view = dataView(bytes);
  view.setUint32(0, nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, uint('snapLength', format.snapLength ?? SNAP_LENGTH_DEFAULT, 32), littleEndian);
  view.setUint32(20, uint('linkType', format.linkType ?? LINKTYPE_ETHERNET, 16), littleEndian);
  return bytes;
}

/** One packet as it follows a header of the same format. Microsecond files lose the last three digits. */
export function encodePcapPacket(packet: PcapPacket, format: Partial<PcapFormat> = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = true } = format;
  const seconds = packet.timestamp_ns / 1_000_000_000n;
  const fraction = (packet.timestamp_ns % 1_000_000_000n) / (nanoseconds ? 1n : 1000n);
  if (packet.timestamp_ns < 0n || seconds > 0xffffffffn) {
    fail('timestamp_ns', packet.timestamp_ns, 'a time from 1970 to 2106');
  }
  const header = new Uint8Array(RECORD_HEADER_LENGTH);
  const view = dataView(header);
  view.setUint32(0, Number(seconds), littleEndian);
  view.setUint32(4, Number(fraction), littleEndian);
  view.setUint32(8, uint('data length', packet.data.length, 27), littleEndian);
  view.setUint32(12, uint('originalLength', packet.originalLength, 32), littleEndian);
  return concat(header, packet.data);
}

export const PCAP_RECORD_HEADER_BYTES = RECORD_HEADER_LENGTH;

/** The header of one whole packet of a little-endian file in microseconds, where many are put one after the other. */
export function putPcapRecordHeader(view: DataView, at: number, timestamp_us: number, length: number): void {
  const whole_us = Math.floor(timestamp_us);
  const seconds = Math.floor(whole_us / 1_000_000);
  view.setUint32(at, seconds, true);
  view.setUint32(at + 4, whole_us - seconds * 1_000_000, true);
  view.setUint32(at + 8, length, true);
  view.setUint32(at + 12, length, true);
}

export function encodePcap(packets: readonly PcapPacket[], format: Partial<PcapFormat> = {}): Uint8Array {
  return concat(encodePcapHeader(format), ...packets.map((packet) => encodePcapPacket(packet, format)));
}
