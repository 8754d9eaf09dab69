/**
 * What tells a call from another with the same xid, and the sum its datagram's checksum needs: both from one pass over its
 * octets after the xid.
 */
import { wordSum } from '../wire/checksum';

/** Header, credential and what names the object and its range lie well within; the rest is data. */
const HASHED_OCTETS = 512;

/** Reused from call to call. */
export class Fingerprint {
  /** Sum of 16-bit words without the xid. */
  sum = 0;
  /** 32 bits, signed. */
  hash = 0;

  /** Of the message `[start, end)`, whose xid is not looked at. */
  take(view: DataView, start: number, end: number): void {
    let hash = end - start;
    const hashed_end = Math.min(end, start + HASHED_OCTETS);
    let at = start + 4;
    for (; at + 4 <= hashed_end; at += 4) hash = mix(hash, view.getInt32(at));
    for (; at < hashed_end; at++) hash = mix(hash, view.getUint8(at));
    this.sum = wordSum(view, start + 4, end);
    // Of the data only the sum counts: another WRITE with the same xid, place, length and sum is none.
    this.hash = end > hashed_end ? mix(hash, this.sum) : hash;
  }
}

/** One step of a hash over 32-bit words; for tables and spreading, not against forgers. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
