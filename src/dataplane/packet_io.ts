/** Frames between switch and controller: `packet_in` and `packet_out` of `p4/headers.p4`. */
import type { PacketIn, PacketOut } from '../p4runtime';
import { CPU_PORT, nameOf, PUNT, type PuntReason } from './constants';

export interface PuntedFrame {
  ingress_port: number;
  reason: PuntReason;
  /** From its Ethernet header on. */
  frame: Uint8Array;
}

/** Undefined if the reason is none that this version knows. */
export function readPacketIn(packet: PacketIn): PuntedFrame | undefined {
  const { ingress_port, reason } = packet.metadata;
  const punt = reason === undefined ? undefined : nameOf(PUNT, reason);
  if (ingress_port === undefined || punt === undefined) return undefined;
  return { ingress_port: Number(ingress_port), reason: punt, frame: packet.payload };
}

/** A packet-out to the CPU port, which comes back. */
export function isReturned(packet: PacketIn): boolean {
  return packet.metadata.ingress_port === BigInt(CPU_PORT);
}

/** `frame` leaves by `egress_port` untouched. */
export function packetOut(egress_port: number, frame: Uint8Array): PacketOut {
  return { payload: frame, metadata: { egress_port: BigInt(egress_port), _pad: 0n } };
}
