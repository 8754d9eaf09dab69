/** What the configuration says about ports, addresses and the numbers of things, ready to be looked up. */
import type { Config, PortConfig, ServiceConfig, StoreConfig, VirtualStoreConfig } from '../config/config';
import { poolsOf } from '../config/pools';
import { EXPORTS, POOLS, SERVICES, STORES } from '../dataplane/sizes';
import { IPV4_ANY, prefixContains, type Ipv4Address, type MacAddress } from '../wire/address';
import { ETHERNET_MTU } from '../wire/ethernet';
import { assignIds } from './ids';

/** Where the next station towards an address is: one of `ports`. */
export interface NextHop {
  address: Ipv4Address;
  ports: readonly PortConfig[];
}

export class Network {
  readonly external: readonly PortConfig[];
  readonly internal: readonly PortConfig[];
  /** The virtualizer's own addresses. */
  readonly own: ReadonlySet<Ipv4Address>;
  readonly own_macs: ReadonlySet<MacAddress>;
  readonly vips: ReadonlySet<Ipv4Address>;
  readonly store_addresses: ReadonlySet<Ipv4Address>;
  /** The port towards the gateway, which sends requests in clients' names. */
  readonly gateway: PortConfig | undefined;
  /** By name. */
  readonly store_ids: ReadonlyMap<string, number>;
  /** By `virtual store/service`. */
  readonly service_ids: ReadonlyMap<string, number>;
  /** By `virtual store/pool`. */
  readonly pool_ids: ReadonlyMap<string, number>;
  /** By `virtual store/export`. */
  readonly export_ids: ReadonlyMap<string, number>;
  readonly #jumbo: ReadonlyMap<string, number>;
  readonly #port_by_number: ReadonlyMap<number, PortConfig>;

  /** Throws RangeError if the configuration has more of something than the P4 program has room for. */
  constructor(readonly config: Config) {
    const { ports, stores, virtual_stores } = config;
    this.external = ports.filter(({ role }) => role === 'external');
    this.internal = ports.filter(({ role }) => role === 'internal');
    this.gateway = ports.find(({ role }) => role === 'gateway');
    this.own = new Set(ports.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
    this.own_macs = new Set(ports.map(({ mac }) => mac));
    this.vips = new Set(virtual_stores.map(({ address }) => address));
    this.store_addresses = new Set(stores.map(({ address }) => address));
    const names = (things: (virtualStore: Config['virtual_stores'][number]) => { name: string }[]) =>
      virtual_stores.flatMap((virtualStore) =>
        things(virtualStore).map(({ name }) => `${virtualStore.name}/${name}`),
      );
    this.store_ids = assignIds(
      'stores',
      stores.map(({ name }) => name),
      STORES,
    );
    this.service_ids = assignIds(
      'services',
      names(({ services }) => services),
      SERVICES,
    );
    this.pool_ids = assignIds(
      'pools',
      names(({ pools }) => pools),
      POOLS,
    );
    this.export_ids = assignIds(
      'exports',
      names(({ exports }) => exports),
      EXPORTS,
    );
    this.#jumbo = new Map(
      virtual_stores.flatMap((virtualStore) =>
        virtualStore.services.flatMap((service) => this.#jumboSizes(virtualStore, service)),
      ),
    );
    this.#port_by_number = new Map(ports.map((port) => [port.number, port]));
  }

  port(number: number): PortConfig | undefined {
    return this.#port_by_number.get(number);
  }

  /** The largest IP packet, in octets, that may leave by an external port. */
  clientMtu({ mtu = ETHERNET_MTU }: PortConfig): number {
    return mtu;
  }

  /**
   * The largest packets the store takes a service's requests in, in octets; undefined if as they come. If it is in
   * several pools of the service, the smallest counts: which of them a request went to nobody says.
   */
  jumbo(service_id: number, store_id: number): number | undefined {
    return this.#jumbo.get(`${service_id} ${store_id}`);
  }

  #jumboSizes({ name, pools }: VirtualStoreConfig, service: ServiceConfig): [string, number][] {
    const used = poolsOf(service);
    // Of two of one key the later counts: the smallest.
    return pools
      .filter((pool) => used.has(pool.name))
      .sort((a, b) => (b.jumbo ?? 0) - (a.jumbo ?? 0))
      .flatMap(({ jumbo, stores }) =>
        jumbo === undefined
          ? []
          : stores.map(({ store }): [string, number] => [
              `${this.serviceId(name, service.name)} ${this.storeId(store)}`,
              jumbo,
            ]),
      );
  }

  storeId(name: string): number {
    return known(this.store_ids, name);
  }

  serviceId(virtual_store: string, service: string): number {
    return known(this.service_ids, `${virtual_store}/${service}`);
  }

  poolId(virtual_store: string, pool: string): number {
    return known(this.pool_ids, `${virtual_store}/${pool}`);
  }

  exportId(virtual_store: string, name: string): number {
    return known(this.export_ids, `${virtual_store}/${name}`);
  }

  /** The internal ports a store may be behind. */
  storePorts(store: StoreConfig): readonly PortConfig[] {
    return this.internal.filter((port) =>
      store.port === undefined ? isOnLink(port, store.address) : port.name === store.port,
    );
  }

  /** Undefined if neither an external port's network nor a route leads to the client. */
  hopToClient(address: Ipv4Address): NextHop | undefined {
    const direct = this.external.filter((port) => isOnLink(port, address));
    if (direct.length > 0) return { address, ports: direct };
    const route = this.config.routes
      .filter(({ to }) => prefixContains(to, address))
      .reduce<Config['routes'][number] | undefined>(
        (best, next) => (best !== undefined && best.to.length >= next.to.length ? best : next),
        undefined,
      );
    if (route === undefined) return undefined;
    const ports = this.external.filter((port) => isOnLink(port, route.via));
    return ports.length === 0 ? undefined : { address: route.via, ports };
  }

  /** Whether `address` lies in the network of a port of that role. */
  isBehind(role: PortConfig['role'], address: Ipv4Address): boolean {
    return this.config.ports.some((port) => port.role === role && isOnLink(port, address));
  }

  /** Our address on `port` that `peer` can answer to. */
  ownAddress(port: PortConfig, peer: Ipv4Address): Ipv4Address | undefined {
    const on_link = port.addresses.find((prefix) => prefixContains(prefix, peer));
    return (on_link ?? port.addresses[0])?.address;
  }

  /** Whom an ARP request to `peer` is from; 0.0.0.0 if the port has no address (an RFC 5227 probe). */
  arpSender(port: PortConfig, peer: Ipv4Address): Ipv4Address {
    return this.ownAddress(port, peer) ?? IPV4_ANY;
  }
}

function isOnLink(port: PortConfig, address: Ipv4Address): boolean {
  return port.addresses.some((prefix) => prefixContains(prefix, address));
}

function known(ids: ReadonlyMap<string, number>, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new RangeError(`"${name}" is not in the configuration`);
  return id;
}
