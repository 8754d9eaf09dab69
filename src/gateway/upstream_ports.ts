/**
 * The source ports of the gateway's requests. They come in the client's own address, so they must be ports that no client
 * uses for itself: the data plane returns what a service sends to one of these to the gateway, all else to the client.
 *
 * Two blocks, as servers ask whether a port is privileged (below 1024: `secure` of exports(5)): Linux clients take
 * 665-1023 for NFS and MOUNT, and 32768-60999 for what need not be privileged. A system that takes ephemeral ports up to
 * 65535 (RFC 6335 allows it) can get one of ours for a service it uses over UDP; then its answers come to us, unknown.
 */
export interface PortBlock {
  first: number;
  count: number;
}

export const UPSTREAM_PORTS: { privileged: PortBlock; unprivileged: PortBlock } = {
  privileged: { first: 512, count: 64 },
  unprivileged: { first: 64_512, count: 1024 },
};

const PRIVILEGED_END = 1024;

/** Whether a server takes a request from this port for one of a privileged program. */
export function isPrivileged(port: number): boolean {
  return port < PRIVILEGED_END;
}

/** The block for the requests of a client that connected from `port`. */
export function upstreamBlock(port: number): PortBlock {
  return isPrivileged(port) ? UPSTREAM_PORTS.privileged : UPSTREAM_PORTS.unprivileged;
}
