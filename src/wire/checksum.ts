/** The Internet checksum (RFC 1071): one's complement of the one's complement sum of 16-bit words. */
import { ipv4ToNumber, type Ipv4Address } from './address';

/** The checksum of `bytes`, an odd last byte padded with zero. 0 over bytes that contain their right checksum. */
export function internetChecksum(bytes: Uint8Array, partialSum = 0): number {
  let sum = partialSum;
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) {
    sum += ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  }
  if (bytes.length % 2 === 1) sum += (bytes[bytes.length - 1] as number) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** What an UDP or TCP checksum covers besides the segment itself (RFC 768, RFC 9293). */
export interface PseudoHeader {
  source: Ipv4Address;
  destination: Ipv4Address;
}

/** The sum to start from when the checksum of a segment of `length` bytes is computed. */
export function pseudoHeaderSum(header: PseudoHeader, protocol: number, length: number): number {
  const source = ipv4ToNumber(header.source);
  const destination = ipv4ToNumber(header.destination);
  return (
    (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
  );
}
