/** Addresses and ports of this host that clients connect to, and why one cannot be had. */
import type { Ipv4Address } from '../wire/address';

export interface Endpoint {
  address: Ipv4Address;
  port: number;
  protocol: 'tcp' | 'udp';
}

export class ListenError extends Error {
  constructor(
    readonly endpoint: Endpoint,
    /** The system's name of what went wrong, such as EADDRINUSE. */
    readonly code: string | undefined,
    reason: string,
  ) {
    const { address, port, protocol } = endpoint;
    super(`cannot listen at ${address}:${port} (${protocol}): ${explain(endpoint, code) ?? reason}`);
    this.name = 'ListenError';
  }
}

export function listenError(endpoint: Endpoint, { code, message }: NodeJS.ErrnoException): ListenError {
  return new ListenError(endpoint, code, message);
}

function explain({ address }: Endpoint, code: string | undefined): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program does ("ss -lntup" tells which)';
    case 'EADDRNOTAVAIL':
      return `this host does not have the address ("ip addr add ${address}/32 dev lo" gives it)`;
    case 'EACCES':
      return 'this user may not; root may';
    default:
      return undefined;
  }
}
