/** Who is who in the captures, by IPv4 address. */
import type { Topology } from '../topology/topology';

export interface Addresses {
  /** The virtual address. */
  vip: string;
  clients: ReadonlySet<string>;
  /** The virtualizer's own: health checks come from them, for one. */
  own: ReadonlySet<string>;
}

export function addressesOf(topology: Topology): Addresses {
  return {
    vip: topology.state.vip,
    clients: new Set([...topology.clients, ...topology.mountHosts].map(({ address }) => address)),
    own: new Set(topology.virtualizers.flatMap(({ ports }) => ports.map(({ address }) => address))),
  };
}
