/**
 * The source ports of what the gateway asks in clients' names. They must be ports that no client uses for itself: the data
 * plane returns what a service sends to one of these to the gateway, all else to the client.
 *
 * Two blocks, as servers ask whether a port is privileged (below 1024: `secure` of exports(5)): Linux clients take
 * 665-1023 for NFS and MOUNT, and 32768-60999 for what need not be privileged. A system that takes ephemeral ports up to
 * 65535 (RFC 6335 allows it) can get one of ours for a service it uses over UDP; then its answers come to us, unknown.
 */
export interface PortBlock {
  first: number;
  /** A power of two that divides `first`, so that the block is one entry. */
  count: number;
}

export const GATEWAY_PORTS: { privileged: PortBlock; unprivileged: PortBlock } = {
  privileged: { first: 512, count: 64 },
  unprivileged: { first: 64_512, count: 1024 },
};

const PORT_BITS = 16;

/** As `gateway_reply` matches it. */
export function leadingBits({ first, count }: PortBlock): { value: number; length: number } {
  return { value: first, length: PORT_BITS - Math.log2(count) };
}
