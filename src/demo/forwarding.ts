/**
 * Compares what entered the switch with what left it. A frame that leaves must be, byte for byte after its two
 * Ethernet addresses, one that entered on the other side; and no more often than it entered.
 */
import { createHash } from 'node:crypto';
import { ETHERTYPE, decodeEthernet } from '../wire/ethernet';
import { decodeIpv4 } from '../wire/ipv4';
import type { LinkCapture } from './captures';

const ETHERNET_ADDRESSES_LENGTH = 12;

export interface ForwardingReport {
  /** Frames that left the switch and differ in nothing but Ethernet addresses from one that entered. */
  forwarded: number;
  /** Frames that left and that no frame entered as; at most ALTERED_SHOWN_MAX are described. */
  altered: number;
  alteredFrames: string[];
  /** Frames that entered and did not leave: dropped, or answered by the switch. */
  kept: number;
}

const ALTERED_SHOWN_MAX = 5;

/** Of all frames from or to `vip`; ARP and what the virtualizer's own host sends is not forwarded traffic. */
export function compareForwarding(captures: readonly LinkCapture[], vip: string): ForwardingReport {
  const entered = { external: new Map<string, number>(), internal: new Map<string, number>() };
  const left: { side: 'external' | 'internal'; host: string; content: string; bytes: Uint8Array }[] = [];
  for (const { side, host, mac, packets } of captures) {
    for (const { data } of packets) {
      if (!isOfVip(data, vip)) continue;
      const content = createHash('sha256').update(data.subarray(ETHERNET_ADDRESSES_LENGTH)).digest('base64');
      const fromHost = decodeEthernet(data)?.source === mac;
      if (fromHost) entered[side].set(content, (entered[side].get(content) ?? 0) + 1);
      else left.push({ side, host, content, bytes: data });
    }
  }
  const report: ForwardingReport = { forwarded: 0, altered: 0, alteredFrames: [], kept: 0 };
  for (const { side, host, content, bytes } of left) {
    const origin = entered[side === 'external' ? 'internal' : 'external'];
    const available = origin.get(content) ?? 0;
    if (available > 0) {
      origin.set(content, available - 1);
      report.forwarded++;
      continue;
    }
    report.altered++;
    if (report.alteredFrames.length < ALTERED_SHOWN_MAX) {
      report.alteredFrames.push(`to ${host}: ${Buffer.from(bytes).toString('hex')}`);
    }
  }
  for (const side of [entered.external, entered.internal]) {
    for (const count of side.values()) report.kept += count;
  }
  return report;
}

function isOfVip(data: Uint8Array, vip: string): boolean {
  const ethernet = decodeEthernet(data);
  if (ethernet?.etherType !== ETHERTYPE.ipv4) return false;
  const ipv4 = decodeIpv4(ethernet.payload);
  return ipv4 !== undefined && (ipv4.source === vip || ipv4.destination === vip);
}
