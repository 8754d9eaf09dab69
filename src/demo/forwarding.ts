/**
 * Compares what entered the switch with what left it. A frame that leaves must be, byte for byte after its two
 * Ethernet addresses, one that entered on the other side; and no more often than it entered. Only what the
 * virtualizer sends in its own name is exempt: ARP, and IPv4 from its own addresses.
 */
import { createHash } from 'node:crypto';
import { readIpv4 } from '../wire/address';
import { decodeEthernet, ETHERNET_HEADER_LENGTH, ETHERTYPE } from '../wire/ethernet';
import { IPV4_MIN_HEADER_LENGTH } from '../wire/ipv4';
import type { Addresses } from './addresses';
import type { LinkCapture } from './captures';

const ETHERNET_ADDRESSES_LENGTH = 12;
const IPV4_SOURCE_OFFSET = 12;

export interface ForwardingReport {
  /** Frames that left the switch and differ in nothing but Ethernet addresses from one that entered. */
  forwarded: number;
  /** Frames that left and that no frame entered as. */
  altered: number;
  /** The first few of them: where to, and their bytes in hexadecimal. */
  alteredFrames: string[];
}

const ALTERED_SHOWN_MAX = 5;

export function compareForwarding(captures: readonly LinkCapture[], { own }: Addresses): ForwardingReport {
  const entered = { external: new Map<string, number>(), internal: new Map<string, number>() };
  const left: { side: LinkCapture['side']; host: string; content: string; data: Uint8Array }[] = [];
  for (const { side, host, mac, packets } of captures) {
    for (const { data } of packets) {
      const content = createHash('sha256').update(data.subarray(ETHERNET_ADDRESSES_LENGTH)).digest('base64');
      if (decodeEthernet(data)?.source === mac)
        entered[side].set(content, (entered[side].get(content) ?? 0) + 1);
      else if (!isOwn(data, own)) left.push({ side, host, content, data });
    }
  }
  const report: ForwardingReport = { forwarded: 0, altered: 0, alteredFrames: [] };
  for (const { side, host, content, data } of left) {
    const origin = entered[side === 'external' ? 'internal' : 'external'];
    const available = origin.get(content) ?? 0;
    if (available > 0) {
      origin.set(content, available - 1);
      report.forwarded++;
      continue;
    }
    report.altered++;
    if (report.alteredFrames.length < ALTERED_SHOWN_MAX) {
      report.alteredFrames.push(`to ${host}: ${Buffer.from(data).toString('hex')}`);
    }
  }
  return report;
}

/** Looks at the bytes themselves: a decoder would pass over the very frames that were damaged. */
function isOwn(data: Uint8Array, own: ReadonlySet<string>): boolean {
  const etherType = decodeEthernet(data)?.etherType;
  if (etherType === ETHERTYPE.arp) return true;
  if (etherType !== ETHERTYPE.ipv4 || data.length < ETHERNET_HEADER_LENGTH + IPV4_MIN_HEADER_LENGTH)
    return false;
  return own.has(readIpv4(data, ETHERNET_HEADER_LENGTH + IPV4_SOURCE_OFFSET));
}
