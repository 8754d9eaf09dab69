/** Cutting IPv4 packets into fragments and putting neighbours together again (RFC 791, section 3.2). */
import { concat, fail } from './field';
import { IPV4_MIN_HEADER_LENGTH, type Ipv4Packet } from './ipv4';

/** Option types with this bit are copied into every fragment; the others stay with the first. */
const COPIED = 0x80;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/**
 * In order, none longer than `mtu` octets; the packet itself if it fits. A fragment may be cut again. `dontFragment`
 * is not looked at: whoever calls this has decided. Throws RangeError if not even 8 octets of payload fit.
 */
export function fragmentIpv4(packet: Ipv4Packet, mtu: number): Ipv4Packet[] {
  const { payload, options } = packet;
  if (IPV4_MIN_HEADER_LENGTH + options.length + payload.length <= mtu) return [packet];
  const room = Math.floor((mtu - IPV4_MIN_HEADER_LENGTH - options.length) / 8) * 8;
  if (room < 8) fail('mtu', mtu, `at least ${IPV4_MIN_HEADER_LENGTH + options.length + 8}`);
  const copied = copiedOptions(options);
  const fragments: Ipv4Packet[] = [];
  for (let offset = 0; offset < payload.length; offset += room) {
    fragments.push({
      ...packet,
      options: offset === 0 ? options : copied,
      moreFragments: offset + room < payload.length || packet.moreFragments,
      fragmentOffset_bytes: packet.fragmentOffset_bytes + offset,
      payload: payload.subarray(offset, offset + room),
    });
  }
  return fragments;
}

/** One packet for neighbours in order, without gap or overlap; the header is the first one's. */
export function combineIpv4(fragments: readonly [Ipv4Packet, ...Ipv4Packet[]]): Ipv4Packet {
  const [first] = fragments;
  let end = first.fragmentOffset_bytes;
  for (const { fragmentOffset_bytes, payload } of fragments) {
    if (fragmentOffset_bytes !== end) fail('fragmentOffset_bytes', fragmentOffset_bytes, String(end));
    end += payload.length;
  }
  const last = fragments[fragments.length - 1] ?? first;
  return {
    ...first,
    moreFragments: last.moreFragments,
    payload: concat(...fragments.map(({ payload }) => payload)),
  };
}

/** What of `options` each fragment after the first carries, padded to a multiple of 4. */
function copiedOptions(options: Uint8Array): Uint8Array {
  const copied: number[] = [];
  for (let at = 0; at < options.length;) {
    const type = options[at] ?? END_OF_OPTIONS;
    if (type === END_OF_OPTIONS) break;
    const length = type === NO_OPERATION ? 1 : Math.max(2, options[at + 1] ?? 2);
    if ((type & COPIED) !== 0) copied.push(...options.subarray(at, at + length));
    at += length;
  }
  while (copied.length % 4 !== 0) copied.push(END_OF_OPTIONS);
  return Uint8Array.from(copied);
}
