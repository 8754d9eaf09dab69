/** Ethernet II frames without frame check sequence (IEEE 802.3), with at most one 802.1Q tag. */
import { readMac, writeMac, type MacAddress } from './address';
import { dataView, uint } from './field';

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

/** Octets of payload that any Ethernet carries (IEEE 802.3, clause 3.2.7). */
export const ETHERNET_MTU = 1500;
/** The payload of the largest jumbo frames that are in common use; no standard has them. */
export const JUMBO_MTU_MAX = 9216;

/** Bytes before the payload of an untagged frame. */
export const ETHERNET_HEADER_LENGTH = 14;
const VLAN_TAG_LENGTH = 4;

export interface EthernetFrame {
  destination: MacAddress;
  source: MacAddress;
  /** Tag control information (16 bits: priority, drop eligible, VLAN id) of an 802.1Q tagged frame. */
  vlanTag?: number;
  /** The type of the payload: after the tag, if there is one. */
  etherType: number;
  /** A view of the decoded bytes, trailing padding included. */
  payload: Uint8Array;
}

/** Undefined if the frame is shorter than its header. 802.3 length fields appear as an etherType below 0x600. */
export function decodeEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  if (bytes.length < ETHERNET_HEADER_LENGTH) return undefined;
  const view = dataView(bytes);
  const destination = readMac(bytes, 0);
  const source = readMac(bytes, 6);
  const etherType = view.getUint16(12);
  if (etherType !== ETHERTYPE.vlan) {
    return { destination, source, etherType, payload: bytes.subarray(ETHERNET_HEADER_LENGTH) };
  }
  const headerLength = ETHERNET_HEADER_LENGTH + VLAN_TAG_LENGTH;
  if (bytes.length < headerLength) return undefined;
  return {
    destination,
    source,
    vlanTag: view.getUint16(14),
    etherType: view.getUint16(16),
    payload: bytes.subarray(headerLength),
  };
}

/** Adds no padding: short frames stay short, as on a virtual link. */
export function encodeEthernet(frame: EthernetFrame): Uint8Array {
  const tagLength = frame.vlanTag === undefined ? 0 : VLAN_TAG_LENGTH;
  const headerLength = ETHERNET_HEADER_LENGTH + tagLength;
  const bytes = new Uint8Array(headerLength + frame.payload.length);
  const view = dataView(bytes);
  writeMac(bytes, 0, frame.destination);
  writeMac(bytes, 6, frame.source);
  if (frame.vlanTag !== undefined) {
    view.setUint16(12, ETHERTYPE.vlan);
    view.setUint16(14, uint('vlanTag', frame.vlanTag, 16));
  }
  view.setUint16(12 + tagLength, uint('etherType', frame.etherType, 16));
  bytes.set(frame.payload, headerLength);
  return bytes;
}

/** The frame with other addresses, in a buffer of its own; nothing else differs. It must have a header. */
export function withAddresses(frame: Uint8Array, destination: MacAddress, source: MacAddress): Uint8Array {
  const copy = Uint8Array.from(frame);
  writeMac(copy, 0, destination);
  writeMac(copy, 6, source);
  return copy;
}
