/** Which of the ports that clients do not use the gateway asks from: see `dataplane/gateway_ports.ts`. */
import { GATEWAY_PORTS, type PortBlock } from '../dataplane/gateway_ports';

const PRIVILEGED_END = 1024;

/** Whether a server takes a request from this port for one of a privileged program. */
export function isPrivileged(port: number): boolean {
  return port < PRIVILEGED_END;
}

/** The block for the requests of a client that connected from `port`. */
export function upstreamBlock(port: number): PortBlock {
  return isPrivileged(port) ? GATEWAY_PORTS.privileged : GATEWAY_PORTS.unprivileged;
}
