/** TCP segments over IPv4 (RFC 9293); options stay raw bytes. */
import { internetChecksum, pseudoHeaderSum, type PseudoHeader } from './checksum';
import { dataView, fail, uint } from './field';
import { IP_PROTOCOL } from './ipv4';

const MIN_HEADER_LENGTH = 20;

/** Bits of `flags`. */
export const TCP_FLAG = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

export interface TcpSegment {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  /** Sum of `TCP_FLAG` bits. */
  flags: number;
  window: number;
  urgentPointer: number;
  /** As on the wire: a multiple of 4, at most 40 bytes. */
  options: Uint8Array;
  payload: Uint8Array;
}

export function hasTcpFlag({ flags }: Pick<TcpSegment, 'flags'>, flag: keyof typeof TCP_FLAG): boolean {
  return (flags & TCP_FLAG[flag]) !== 0;
}

/** Undefined if the header is cut short or, where the addresses are given, if the checksum is wrong. */
export function decodeTcp(bytes: Uint8Array, addresses?: PseudoHeader): TcpSegment | undefined {
  if (bytes.length < MIN_HEADER_LENGTH) return undefined;
  const view = dataView(bytes);
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < MIN_HEADER_LENGTH || headerLength > bytes.length) return undefined;
  if (addresses !== undefined) {
    const partialSum = pseudoHeaderSum(addresses, IP_PROTOCOL.tcp, bytes.length);
    if (internetChecksum(bytes, partialSum) !== 0) return undefined;
  }
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    urgentPointer: view.getUint16(18),
    options: bytes.subarray(MIN_HEADER_LENGTH, headerLength),
    payload: bytes.subarray(headerLength),
  };
}

export function encodeTcp(segment: TcpSegment, addresses: PseudoHeader): Uint8Array {
  const { options, payload } = segment;
  if (options.length % 4 !== 0 || options.length > 40) {
    fail('options', `${options.length} bytes`, 'a multiple of 4, at most 40 bytes');
  }
  const headerLength = MIN_HEADER_LENGTH + options.length;
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = dataView(bytes);
  view.setUint16(0, uint('sourcePort', segment.sourcePort, 16));
  view.setUint16(2, uint('destinationPort', segment.destinationPort, 16));
  view.setUint32(4, uint('sequence', segment.sequence, 32));
  view.setUint32(8, uint('acknowledgement', segment.acknowledgement, 32));
  view.setUint8(12, (headerLength / 4) << 4);
  view.setUint8(13, uint('flags', segment.flags, 8));
  view.setUint16(14, uint('window', segment.window, 16));
  view.setUint16(18, uint('urgentPointer', segment.urgentPointer, 16));
  bytes.set(options, MIN_HEADER_LENGTH);
  bytes.set(payload, headerLength);
  const partialSum = pseudoHeaderSum(addresses, IP_PROTOCOL.tcp, bytes.length);
  view.setUint16(16, internetChecksum(bytes, partialSum));
  return bytes;
}
