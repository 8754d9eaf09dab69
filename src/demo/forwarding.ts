/**
 * Compares what entered the switch with what left it. A frame that leaves must be, byte for byte after its two
 * Ethernet addresses, one that entered on the other side; and no more often than it entered. Only what the
 * virtualizer itself says is exempt: ARP, from its own addresses ICMP and, to stores, health checks, and to clients of a
 * dead store the acknowledgements that have their connections reset (docs/decisions/0022). Anything
 * else in its name would be a client's or store's packet with its source address translated.
 */
import { createHash } from 'node:crypto';
import { readIpv4 } from '../wire/address';
import { decodeEthernet, ETHERNET_HEADER_LENGTH, ETHERTYPE } from '../wire/ethernet';
import { decodeFrame } from '../wire/frame';
import { TCP_FLAG } from '../wire/tcp';
import { IP_PROTOCOL, IPV4_MIN_HEADER_LENGTH } from '../wire/ipv4';
import type { Addresses } from './addresses';
import type { LinkCapture } from './captures';

const ETHERNET_ADDRESSES_LENGTH = 12;
const IPV4_PROTOCOL_OFFSET = 9;
const IPV4_SOURCE_OFFSET = 12;
const IPV4_DESTINATION_OFFSET = 16;

/** UDP source port of the controller's health checks. */
export const HEALTH_CHECK_PORT = 20490;

export interface ForwardingReport {
  /** Frames that left the switch and differ in nothing but Ethernet addresses from one that entered. */
  forwarded: number;
  /** Frames that left and that no frame entered as. */
  altered: number;
  /** The first few of them: where to, and their bytes in hexadecimal. */
  alteredFrames: string[];
  /** Frames that entered, were not for the virtualizer itself, and did not leave. */
  not_forwarded: number;
}

interface Entered {
  count: number;
  data: Uint8Array;
}

const ALTERED_SHOWN_MAX = 5;

export function compareForwarding(
  captures: readonly LinkCapture[],
  { own, vip }: Addresses,
): ForwardingReport {
  const entered = { external: new Map<string, Entered>(), internal: new Map<string, Entered>() };
  const left: { side: LinkCapture['side']; host: string; content: string; data: Uint8Array }[] = [];
  for (const { side, host, mac, packets } of captures) {
    for (const { data } of packets) {
      const content = createHash('sha256').update(data.subarray(ETHERNET_ADDRESSES_LENGTH)).digest('base64');
      if (decodeEthernet(data)?.source === mac) {
        const known = entered[side].get(content);
        if (known === undefined) entered[side].set(content, { count: 1, data });
        else known.count++;
      } else if (!isFromVirtualizer(data, side, own) && !(side === 'external' && isResetQuestion(data, vip)))
        left.push({ side, host, content, data });
    }
  }
  const report: ForwardingReport = { forwarded: 0, altered: 0, alteredFrames: [], not_forwarded: 0 };
  for (const { side, host, content, data } of left) {
    const origin = entered[side === 'external' ? 'internal' : 'external'].get(content);
    if (origin !== undefined && origin.count > 0) {
      origin.count--;
      report.forwarded++;
      continue;
    }
    report.altered++;
    if (report.alteredFrames.length < ALTERED_SHOWN_MAX) {
      report.alteredFrames.push(`to ${host}: ${Buffer.from(data).toString('hex')}`);
    }
  }
  for (const { count, data } of [...entered.external.values(), ...entered.internal.values()]) {
    if (!isForVirtualizer(data, own)) report.not_forwarded += count;
  }
  return report;
}

function isFromVirtualizer(data: Uint8Array, side: LinkCapture['side'], own: ReadonlySet<string>): boolean {
  if (decodeEthernet(data)?.etherType === ETHERTYPE.arp) return true;
  const ipv4 = ipv4Bytes(data);
  if (ipv4 === undefined || !own.has(readIpv4(ipv4, IPV4_SOURCE_OFFSET))) return false;
  const protocol = ipv4[IPV4_PROTOCOL_OFFSET];
  if (protocol === IP_PROTOCOL.icmp) return true;
  const headerLength = ((ipv4[0] ?? 0) & 0x0f) * 4;
  const sourcePort = ((ipv4[headerLength] ?? 0) << 8) | (ipv4[headerLength + 1] ?? 0);
  return side === 'internal' && protocol === IP_PROTOCOL.udp && sourcePort === HEALTH_CHECK_PORT;
}

/** No store sends such: an acknowledgement of nothing, with a window of nothing, of a number that cannot be right. */
function isResetQuestion(data: Uint8Array, vip: string): boolean {
  const { ipv4, tcp } = decodeFrame(data) ?? {};
  if (ipv4?.source !== vip || tcp === undefined) return false;
  const { flags, window, acknowledgement, sequence, payload } = tcp;
  const is_bare = flags === TCP_FLAG.ack && window === 0 && acknowledgement === 0 && payload.length === 0;
  return is_bare && (sequence === 0 || sequence === 2 ** 31);
}

function isForVirtualizer(data: Uint8Array, own: ReadonlySet<string>): boolean {
  if (decodeEthernet(data)?.etherType === ETHERTYPE.arp) return true;
  const ipv4 = ipv4Bytes(data);
  return ipv4 !== undefined && own.has(readIpv4(ipv4, IPV4_DESTINATION_OFFSET));
}

/** The bytes themselves: a decoder would pass over the very frames that were damaged. Undefined if not IPv4. */
function ipv4Bytes(data: Uint8Array): Uint8Array | undefined {
  if (decodeEthernet(data)?.etherType !== ETHERTYPE.ipv4) return undefined;
  const bytes = data.subarray(ETHERNET_HEADER_LENGTH);
  return bytes.length < IPV4_MIN_HEADER_LENGTH ? undefined : bytes;
}
