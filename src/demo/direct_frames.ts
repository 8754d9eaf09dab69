/**
 * Where a gateway terminates connections, only NFS over UDP crosses the switch as it came. What the gateway says to
 * clients and to stores has no counterpart on the other side to compare it with; its datagrams are known by the
 * client's port, which is one that no client uses.
 */
import { GATEWAY_PORTS } from '../dataplane/gateway_ports';
import { decodeEthernet, ETHERTYPE } from '../wire/ethernet';
import { decodeIpv4, IP_PROTOCOL } from '../wire/ipv4';
import { NFS_PORT } from '../wire/nfs3';
import { decodeUdpHeader } from '../wire/udp';
import type { LinkCapture } from './captures';

export function isGatewayPort(port: number): boolean {
  return Object.values(GATEWAY_PORTS).some(({ first, count }) => port >= first && port < first + count);
}

/** The capture without what is not NFS over UDP between a client itself and the virtual address `vip`. */
export function directFrames(capture: LinkCapture, vip: string): LinkCapture {
  // Fragments after the zeroth have no ports; they follow it.
  const datagrams = new Map<string, boolean>();
  const packets = capture.packets.filter(({ data }) => {
    const ethernet = decodeEthernet(data);
    if (ethernet?.etherType !== ETHERTYPE.ipv4) return false;
    const ipv4 = decodeIpv4(ethernet.payload);
    if (ipv4?.protocol !== IP_PROTOCOL.udp) return false;
    const datagram = `${ipv4.source}>${ipv4.destination}:${ipv4.identification}`;
    if (ipv4.fragmentOffset_bytes !== 0) return datagrams.get(datagram) === true;
    const udp = decodeUdpHeader(ipv4.payload);
    if (udp === undefined) return false;
    const [server_port, client_port] =
      ipv4.destination === vip
        ? [udp.destinationPort, udp.sourcePort]
        : [udp.sourcePort, udp.destinationPort];
    const is_between = ipv4.destination === vip || ipv4.source === vip;
    const is_direct = is_between && server_port === NFS_PORT && !isGatewayPort(client_port);
    datagrams.set(datagram, is_direct);
    return is_direct;
  });
  return { ...capture, packets };
}
