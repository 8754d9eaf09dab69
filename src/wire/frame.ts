/** Whole frames: Ethernet down to the transport header, for packets that are looked at or built in one go. */
import type { Ipv4Address, MacAddress } from './address';
import { decodeArp, type ArpPacket } from './arp';
import { decodeEthernet, encodeEthernet, ETHERTYPE, type EthernetFrame } from './ethernet';
import { decodeIpv4, encodeIpv4, IP_PROTOCOL, IPV4_DEFAULTS, type Ipv4Packet } from './ipv4';
import { decodeTcp, encodeTcp, type TcpSegment } from './tcp';
import { decodeUdp, encodeUdp, type UdpDatagram } from './udp';

/** A layer is there if it and every layer below it decoded. Fragments have neither `udp` nor `tcp`. */
export interface Frame {
  ethernet: EthernetFrame;
  arp?: ArpPacket;
  ipv4?: Ipv4Packet;
  udp?: UdpDatagram;
  tcp?: TcpSegment;
}

/** Addresses of a frame that is built: both MAC and both IP addresses. */
export interface FrameAddresses {
  sourceMac: MacAddress;
  destinationMac: MacAddress;
  source: Ipv4Address;
  destination: Ipv4Address;
}

/** Undefined only if there is no Ethernet header; deeper layers that do not decode are left out. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const ethernet = decodeEthernet(bytes);
  if (ethernet === undefined) return undefined;
  const frame: Frame = { ethernet };
  if (ethernet.etherType === ETHERTYPE.arp) {
    const arp = decodeArp(ethernet.payload);
    if (arp !== undefined) frame.arp = arp;
  }
  if (ethernet.etherType === ETHERTYPE.ipv4) {
    const ipv4 = decodeIpv4(ethernet.payload);
    if (ipv4 !== undefined) Object.assign(frame, { ipv4 }, decodeTransport(ipv4));
  }
  return frame;
}

function decodeTransport(ipv4: Ipv4Packet): Pick<Frame, 'udp' | 'tcp'> {
  if (ipv4.moreFragments || ipv4.fragmentOffset_bytes > 0) return {};
  if (ipv4.protocol === IP_PROTOCOL.udp) {
    const udp = decodeUdp(ipv4.payload, ipv4);
    return udp === undefined ? {} : { udp };
  }
  if (ipv4.protocol === IP_PROTOCOL.tcp) {
    const tcp = decodeTcp(ipv4.payload, ipv4);
    return tcp === undefined ? {} : { tcp };
  }
  return {};
}

/** An unfragmented UDP frame; `ipv4` overrides the header's defaults. */
export function encodeUdpFrame(
  addresses: FrameAddresses,
  datagram: UdpDatagram,
  ipv4: Partial<Ipv4Packet> = {},
): Uint8Array {
  return encodeIpv4Frame(addresses, IP_PROTOCOL.udp, encodeUdp(datagram, addresses), ipv4);
}

/** An unfragmented TCP frame; `ipv4` overrides the header's defaults. */
export function encodeTcpFrame(
  addresses: FrameAddresses,
  segment: TcpSegment,
  ipv4: Partial<Ipv4Packet> = {},
): Uint8Array {
  return encodeIpv4Frame(addresses, IP_PROTOCOL.tcp, encodeTcp(segment, addresses), ipv4);
}

function encodeIpv4Frame(
  addresses: FrameAddresses,
  protocol: number,
  payload: Uint8Array,
  overrides: Partial<Ipv4Packet>,
): Uint8Array {
  const { source, destination } = addresses;
  return encodeEthernet({
    destination: addresses.destinationMac,
    source: addresses.sourceMac,
    etherType: ETHERTYPE.ipv4,
    payload: encodeIpv4({ ...IPV4_DEFAULTS, protocol, source, destination, payload, ...overrides }),
  });
}
