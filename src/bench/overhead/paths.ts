/** The ways a request can take from the client to the store. */
import type { Transport } from '../lab/nfs_load';

export interface Path {
  name: string;
  transport: Transport;
  /** What it leads through; the wire is what the others are compared with. */
  through: 'wire' | 'switch' | 'haproxy' | 'nftables';
}

const WIRE: Readonly<Record<Transport, Path>> = {
  udp: { name: 'wire, UDP', transport: 'udp', through: 'wire' },
  tcp: { name: 'wire, TCP', transport: 'tcp', through: 'wire' },
};

/** Our path is UDP: there the switch places every request. A TCP connection is a session to all three. */
export const SWITCH: Path = { name: 'switch, UDP', transport: 'udp', through: 'switch' };
export const HAPROXY: Path = { name: 'HAProxy, TCP', transport: 'tcp', through: 'haproxy' };
export const NFTABLES: Path = { name: 'nftables NAT, UDP', transport: 'udp', through: 'nftables' };
export const SWITCH_TCP: Path = { name: 'switch, TCP', transport: 'tcp', through: 'switch' };
export const NFTABLES_TCP: Path = { name: 'nftables NAT, TCP', transport: 'tcp', through: 'nftables' };

/** Each wire, and the paths that are compared with it right after. */
export const TURNS: readonly { wire: Path; paths: readonly Path[] }[] = [
  { wire: WIRE.udp, paths: [SWITCH, NFTABLES] },
  { wire: WIRE.tcp, paths: [HAPROXY, SWITCH_TCP, NFTABLES_TCP] },
];

/** All but the wires. */
export const PATHS: readonly Path[] = [SWITCH, HAPROXY, NFTABLES, SWITCH_TCP, NFTABLES_TCP];
