/** The Internet checksum (RFC 1071): one's complement of the one's complement sum of 16-bit words. */
import { ipv4ToNumber, type Ipv4Address } from './address';

/** The checksum of `bytes`, an odd last byte padded with zero. 0 over bytes that contain their right checksum. */
export function internetChecksum(bytes: Uint8Array, partialSum = 0): number {
  let sum = partialSum;
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) {
    sum += ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  }
  if (bytes.length % 2 === 1) sum += (bytes[bytes.length - 1] as number) << 8;
  return foldedChecksum(sum);
}

/**
 * The sum of the octets `[start, end)` of `view` as 16-bit words, for `internetChecksum`'s `partialSum`; four octets at a
 * time and without a view of its own. At most 64 KiB. A sum of parts is right if each but the last has an even length.
 */
export function wordSum(view: DataView, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (const words_end = end - 3; at < words_end; at += 4) {
    const word = view.getUint32(at);
    sum += (word >>> 16) + (word & 0xffff);
  }
  if (at + 1 < end) {
    sum += view.getUint16(at);
    at += 2;
  }
  return at < end ? sum + (view.getUint8(at) << 8) : sum;
}

/** The checksum for a sum of 16-bit words. */
export function foldedChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
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
