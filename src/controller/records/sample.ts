/** What a sampled frame says: an RPC message over UDP, or the beginning of one. */
import type { Ipv4Address } from '../../wire/address';
import { decodeEthernet, ETHERTYPE } from '../../wire/ethernet';
import { decodeIpv4Beginning, IP_PROTOCOL } from '../../wire/ipv4';
import { decodeRpc, type RpcMessage } from '../../wire/rpc';
import { decodeUdpHeader, UDP_HEADER_LENGTH } from '../../wire/udp';

export interface Endpoint {
  address: Ipv4Address;
  port: number;
}

export interface Sample {
  client: Endpoint;
  /** The virtual store's address, and the service's port. */
  service: Endpoint;
  message: RpcMessage;
  /** Octets of the whole message: more than the frame holds if it was cut short, or is the first of several. */
  message_bytes: number;
}

/** Undefined unless the RPC header is complete. Checksums above IP are not looked at, as a cut frame fits none. */
export function readSample(frame: Uint8Array): Sample | undefined {
  const ethernet = decodeEthernet(frame);
  if (ethernet?.etherType !== ETHERTYPE.ipv4) return undefined;
  const ipv4 = decodeIpv4Beginning(ethernet.payload)?.packet;
  if (ipv4?.protocol !== IP_PROTOCOL.udp || ipv4.fragmentOffset_bytes !== 0) return undefined;
  const udp = decodeUdpHeader(ipv4.payload);
  if (udp === undefined) return undefined;
  const message = decodeRpc(ipv4.payload.subarray(UDP_HEADER_LENGTH, udp.length));
  if (message === undefined) return undefined;
  const source = { address: ipv4.source, port: udp.sourcePort };
  const destination = { address: ipv4.destination, port: udp.destinationPort };
  return {
    ...(message.kind === 'call'
      ? { client: source, service: destination }
      : { client: destination, service: source }),
    message,
    message_bytes: udp.length - UDP_HEADER_LENGTH,
  };
}

/** Octets of the frame as it was in the network, of which a record holds the beginning. */
export function frameLength(frame: Uint8Array): number {
  const ethernet = decodeEthernet(frame);
  if (ethernet?.etherType !== ETHERTYPE.ipv4) return frame.length;
  const total = decodeIpv4Beginning(ethernet.payload)?.length_bytes ?? 0;
  return Math.max(frame.length, frame.length - ethernet.payload.length + total);
}
