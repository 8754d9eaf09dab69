/** IPv4 packets and fragments (RFC 791). */
import { readIpv4, writeIpv4, type Ipv4Address } from './address';
import { internetChecksum } from './checksum';
import { dataView, fail, uint } from './field';

export const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

export const IPV4_MIN_HEADER_LENGTH = 20;
/** What every link must carry in one piece (RFC 791, section 3.2). */
export const IPV4_MTU_MIN = 68;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

export interface Ipv4Packet {
  /** Differentiated services and congestion bits: the second octet. */
  trafficClass: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** Where the payload belongs in its datagram, in bytes: a multiple of 8. */
  fragmentOffset_bytes: number;
  ttl: number;
  protocol: number;
  source: Ipv4Address;
  destination: Ipv4Address;
  /** As on the wire, a multiple of 4 and at most 40 bytes; empty if there are none. */
  options: Uint8Array;
  /** Up to the header's total length: link padding is cut off. A view of the decoded bytes. */
  payload: Uint8Array;
}

/** The fields that most packets have in common; spread it and override. */
export const IPV4_DEFAULTS = {
  trafficClass: 0,
  identification: 0,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset_bytes: 0,
  ttl: 64,
  options: new Uint8Array(0),
} as const;

/** Undefined unless version, header length, total length and header checksum are right and all bytes are there. */
export function decodeIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  const beginning = decodeIpv4Beginning(bytes);
  return beginning === undefined || beginning.length_bytes > bytes.length ? undefined : beginning.packet;
}

/** As `decodeIpv4`, of a packet that was perhaps cut short: `length_bytes` is its total length, as the header has it. */
export function decodeIpv4Beginning(
  bytes: Uint8Array,
): { packet: Ipv4Packet; length_bytes: number } | undefined {
  if (bytes.length < IPV4_MIN_HEADER_LENGTH) return undefined;
  const view = dataView(bytes);
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  const totalLength = view.getUint16(2);
  if (view.getUint8(0) >> 4 !== 4 || headerLength < IPV4_MIN_HEADER_LENGTH) return undefined;
  if (totalLength < headerLength || headerLength > bytes.length) return undefined;
  if (internetChecksum(bytes.subarray(0, headerLength)) !== 0) return undefined;
  const fragment = view.getUint16(6);
  const packet = {
    trafficClass: view.getUint8(1),
    identification: view.getUint16(4),
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset_bytes: (fragment & 0x1fff) * 8,
    ttl: view.getUint8(8),
    protocol: view.getUint8(9),
    source: readIpv4(bytes, 12),
    destination: readIpv4(bytes, 16),
    options: bytes.subarray(IPV4_MIN_HEADER_LENGTH, headerLength),
    payload: bytes.subarray(headerLength, totalLength),
  };
  return { packet, length_bytes: totalLength };
}

/** Fills in lengths and the header checksum. */
export function encodeIpv4(packet: Ipv4Packet): Uint8Array {
  const { options, payload } = packet;
  if (options.length % 4 !== 0 || options.length > 40) {
    fail('options', `${options.length} bytes`, 'a multiple of 4, at most 40 bytes');
  }
  if (packet.fragmentOffset_bytes % 8 !== 0) {
    fail('fragmentOffset_bytes', packet.fragmentOffset_bytes, 'a multiple of 8');
  }
  const headerLength = IPV4_MIN_HEADER_LENGTH + options.length;
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = dataView(bytes);
  view.setUint8(0, 0x40 | (headerLength / 4));
  view.setUint8(1, uint('trafficClass', packet.trafficClass, 8));
  view.setUint16(2, uint('total length', bytes.length, 16));
  view.setUint16(4, uint('identification', packet.identification, 16));
  view.setUint16(
    6,
    (packet.dontFragment ? DONT_FRAGMENT : 0) |
      (packet.moreFragments ? MORE_FRAGMENTS : 0) |
      uint('fragmentOffset_bytes / 8', packet.fragmentOffset_bytes / 8, 13),
  );
  view.setUint8(8, uint('ttl', packet.ttl, 8));
  view.setUint8(9, uint('protocol', packet.protocol, 8));
  writeIpv4(bytes, 12, packet.source);
  writeIpv4(bytes, 16, packet.destination);
  bytes.set(options, IPV4_MIN_HEADER_LENGTH);
  view.setUint16(10, internetChecksum(bytes.subarray(0, headerLength)));
  bytes.set(payload, headerLength);
  return bytes;
}
