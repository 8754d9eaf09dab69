/** Frames between switch and controller: `packet_in` and `packet_out` of `p4/headers.p4`. */
import type { PacketIn, PacketOut } from '../p4runtime';
import { CPU_PORT, nameOf, PACKET_OUT, PUNT, type PuntReason } from './constants';

export interface PuntedFrame {
  ingress_port: number;
  reason: PuntReason;
  /** A request or response that is to be recorded. */
  is_sampled: boolean;
  /** 0: none. */
  service_id: number;
  /** The store chosen for a request, or that had it; 0: none. */
  store_id: number;
  /** Octets of a fragmented datagram's payload that have passed. */
  fragment_next: number;
  /** Of arrival at the switch, by its own clock. */
  time_us: number;
  /** From its Ethernet header on. */
  frame: Uint8Array;
}

/** What a packet-in says that is about no request. */
export const NOT_A_REQUEST = {
  is_sampled: false,
  service_id: 0,
  store_id: 0,
  fragment_next: 0,
  time_us: 0,
} as const;

/** Undefined if the reason is none that this version knows. */
export function readPacketIn(packet: PacketIn): PuntedFrame | undefined {
  const { ingress_port, reason, is_sampled, service_id, store_id, fragment_next, time_us } = packet.metadata;
  const punt = reason === undefined ? undefined : nameOf(PUNT, reason);
  if (ingress_port === undefined || punt === undefined) return undefined;
  return {
    ingress_port: Number(ingress_port),
    reason: punt,
    is_sampled: is_sampled === 1n,
    service_id: Number(service_id ?? 0n),
    store_id: Number(store_id ?? 0n),
    fragment_next: Number(fragment_next ?? 0n),
    time_us: Number(time_us ?? 0n),
    frame: packet.payload,
  };
}

/** A packet-out to the CPU port, which comes back. */
export function isReturned(packet: PacketIn): boolean {
  return packet.metadata.ingress_port === BigInt(CPU_PORT);
}

/**
 * `frame` leaves by `egress_port` untouched. `send_last`: it is the last of a datagram's fragments, of which the
 * switch forgets what it knows; `send_last_gateway`: likewise, of the gateway's.
 */
export function packetOut(
  egress_port: number,
  frame: Uint8Array,
  operation: keyof typeof PACKET_OUT = 'send',
): PacketOut {
  return {
    payload: frame,
    metadata: { egress_port: BigInt(egress_port), operation: BigInt(PACKET_OUT[operation]) },
  };
}
