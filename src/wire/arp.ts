/** ARP for IPv4 over Ethernet (RFC 826). */
import {
  MAC_BROADCAST,
  MAC_ZERO,
  readIpv4,
  readMac,
  writeIpv4,
  writeMac,
  type Ipv4Address,
  type MacAddress,
} from './address';
import { encodeEthernet, ETHERTYPE } from './ethernet';
import { dataView } from './field';

const HARDWARE_ETHERNET = 1;
const ARP_LENGTH = 28;
const OPERATION_CODE = { request: 1, reply: 2 } as const;

export interface ArpPacket {
  operation: 'request' | 'reply';
  senderMac: MacAddress;
  senderIp: Ipv4Address;
  /** All zeros in a request. */
  targetMac: MacAddress;
  targetIp: Ipv4Address;
}

/** Undefined unless the bytes begin with a request or reply of IPv4 over Ethernet; padding after it is ignored. */
export function decodeArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < ARP_LENGTH) return undefined;
  const view = dataView(bytes);
  const isIpv4OverEthernet =
    view.getUint16(0) === HARDWARE_ETHERNET &&
    view.getUint16(2) === ETHERTYPE.ipv4 &&
    view.getUint8(4) === 6 &&
    view.getUint8(5) === 4;
  const code = view.getUint16(6);
  if (!isIpv4OverEthernet || (code !== OPERATION_CODE.request && code !== OPERATION_CODE.reply)) {
    return undefined;
  }
  return {
    operation: code === OPERATION_CODE.request ? 'request' : 'reply',
    senderMac: readMac(bytes, 8),
    senderIp: readIpv4(bytes, 14),
    targetMac: readMac(bytes, 18),
    targetIp: readIpv4(bytes, 24),
  };
}

export function encodeArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(ARP_LENGTH);
  const view = dataView(bytes);
  view.setUint16(0, HARDWARE_ETHERNET);
  view.setUint16(2, ETHERTYPE.ipv4);
  view.setUint8(4, 6);
  view.setUint8(5, 4);
  view.setUint16(6, OPERATION_CODE[packet.operation]);
  writeMac(bytes, 8, packet.senderMac);
  writeIpv4(bytes, 14, packet.senderIp);
  writeMac(bytes, 18, packet.targetMac);
  writeIpv4(bytes, 24, packet.targetIp);
  return bytes;
}

/** The whole broadcast frame that asks who has `targetIp`. */
export function encodeArpRequestFrame(
  senderMac: MacAddress,
  senderIp: Ipv4Address,
  targetIp: Ipv4Address,
): Uint8Array {
  return encodeEthernet({
    destination: MAC_BROADCAST,
    source: senderMac,
    etherType: ETHERTYPE.arp,
    payload: encodeArp({ operation: 'request', senderMac, senderIp, targetMac: MAC_ZERO, targetIp }),
  });
}
