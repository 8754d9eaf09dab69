/** UDP datagrams over IPv4 (RFC 768). */
import { internetChecksum, pseudoHeaderSum, type PseudoHeader } from './checksum';
import { dataView, uint } from './field';
import { IP_PROTOCOL } from './ipv4';

export const UDP_HEADER_LENGTH = 8;

export interface UdpHeader {
  sourcePort: number;
  destinationPort: number;
  /** Of header and payload of the whole datagram: more than is there in a first fragment. */
  length: number;
  /** 0: the sender computed none. */
  checksum: number;
}

export interface UdpDatagram {
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
}

/** The header alone, also of a first fragment; undefined if it is cut short or its length cannot be right. */
export function decodeUdpHeader(bytes: Uint8Array): UdpHeader | undefined {
  if (bytes.length < UDP_HEADER_LENGTH) return undefined;
  const view = dataView(bytes);
  const length = view.getUint16(4);
  if (length < UDP_HEADER_LENGTH) return undefined;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    length,
    checksum: view.getUint16(6),
  };
}

/**
 * A whole datagram; undefined if a part of it is missing (a first fragment) or, where the addresses are given and
 * the sender computed a checksum, if that is wrong. The payload is a view of the decoded bytes.
 */
export function decodeUdp(bytes: Uint8Array, addresses?: PseudoHeader): UdpDatagram | undefined {
  const header = decodeUdpHeader(bytes);
  if (header === undefined || header.length > bytes.length) return undefined;
  const datagram = bytes.subarray(0, header.length);
  if (addresses !== undefined && header.checksum !== 0) {
    const partialSum = pseudoHeaderSum(addresses, IP_PROTOCOL.udp, header.length);
    if (internetChecksum(datagram, partialSum) !== 0) return undefined;
  }
  const { sourcePort, destinationPort } = header;
  return { sourcePort, destinationPort, payload: datagram.subarray(UDP_HEADER_LENGTH) };
}

/** Without addresses the checksum field stays 0: none computed. */
export function encodeUdp(datagram: UdpDatagram, addresses?: PseudoHeader): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER_LENGTH + datagram.payload.length);
  const view = dataView(bytes);
  view.setUint16(0, uint('sourcePort', datagram.sourcePort, 16));
  view.setUint16(2, uint('destinationPort', datagram.destinationPort, 16));
  view.setUint16(4, uint('length', bytes.length, 16));
  bytes.set(datagram.payload, UDP_HEADER_LENGTH);
  if (addresses !== undefined) {
    const partialSum = pseudoHeaderSum(addresses, IP_PROTOCOL.udp, bytes.length);
    // 0 means "none computed", so a sum of 0 travels as its one's complement twin.
    view.setUint16(6, internetChecksum(bytes, partialSum) || 0xffff);
  }
  return bytes;
}
