/**
 * The way back to each client. Learned from the requests the switch reports by digest; where a response comes for
 * a client that is not known, it waits here while the client, or the router to it, is asked for by ARP. All of it
 * is bounded, and what is given up is counted.
 */
import type { PortConfig } from '../config/config';
import { clientKnown } from '../dataplane/client_known';
import type { ClientSighting } from '../dataplane/client_digest';
import { clientRoute } from '../dataplane/client_route';
import type { Row } from '../dataplane/table';
import { isMulticastMac, MAC_ZERO, parseIpv4, type Ipv4Address, type MacAddress } from '../wire/address';
import { withAddresses } from '../wire/ethernet';
import type { Frame } from '../wire/frame';
import type { Clock } from './clock';
import type { Neighbour } from './neighbours';
import type { Network, NextHop } from './network';
import { RateLimit } from './rate_limit';
import type { RowChange } from './table_writer';
import { Tally } from './tally';

export interface ClientLimits {
  client_routes_max: number;
  client_route_idle_ms: number;
  /** Of all clients with one MAC address, such as those behind one router. */
  clients_per_mac_max: number;
  /** Learned or moved, by what one port receives. */
  clients_per_second_max: number;
  pending_frames_max: number;
  pending_frames_per_address_max: number;
}

export interface ClientEnvironment {
  network: Network;
  clock: Clock;
  limits: ClientLimits;
  lookUp(hop: NextHop, callback: (neighbour: Neighbour | undefined) => void): void;
  send(port: PortConfig, frame: Uint8Array): boolean;
  /** These entries have changed. */
  onChange(changes: readonly RowChange[]): void;
}

interface Client {
  port: PortConfig;
  /** The client's, or that of the router it is behind. */
  mac: MacAddress;
  used_ms: number;
  /** Its entries, one in each table. */
  rows: readonly Row[];
}

/** Why a sighting is not believed: undefined if it is. */
type Refusal = 'clients_refused_port' | 'clients_refused_mac' | 'clients_refused_address';

export class ClientRoutes {
  readonly counts = new Tally([
    'clients_learned',
    'clients_resolved',
    'clients_moved',
    'clients_aged',
    /** The longest unused gave way to a new one. */
    'clients_evicted',
    'clients_refused_port',
    'clients_refused_mac',
    'clients_refused_address',
    /** Too many with one MAC address. */
    'clients_refused_mac_full',
    /** Too many by one port in a second. */
    'clients_refused_rate',
    'frames_resolved',
    'frames_dropped_no_route',
    'frames_dropped_unresolved',
    'frames_dropped_queue_full',
    'frames_dropped_not_ipv4',
    'frames_dropped_send',
  ]);
  /** By address, longest unused first as far as known. */
  #clients = new Map<Ipv4Address, Client>();
  readonly #clients_by_mac = new Map<MacAddress, number>();
  readonly #rates: ReadonlyMap<number, RateLimit>;
  readonly #pending = new Map<Ipv4Address, Uint8Array[]>();
  #pending_frames = 0;

  constructor(private readonly environment: ClientEnvironment) {
    const { network, limits, clock } = environment;
    this.#rates = new Map(
      network.external.map(({ number }) => [number, new RateLimit(limits.clients_per_second_max, clock)]),
    );
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Where a client is; undefined if nobody knows. */
  find(address: Ipv4Address | undefined): Readonly<Neighbour> | undefined {
    return address === undefined ? undefined : this.#clients.get(address);
  }

  /** A request came from there. Frames that wait for the client leave. */
  learn(sighting: ClientSighting): void {
    const { ingress_port, src_addr, src_mac: mac } = sighting;
    const port = this.environment.network.port(ingress_port);
    const refusal = this.#refusal(sighting, port);
    if (refusal !== undefined || port === undefined)
      return this.counts.add(refusal ?? 'clients_refused_port');
    if (this.#set(src_addr, { port, mac })) this.counts.add('clients_learned');
    this.#forwardPending(src_addr, { port, mac });
  }

  /**
   * What an earlier controller left in the switch: kept if it would be learned today. Those longest unused must come
   * first. Tells nobody.
   */
  adopt(sighting: ClientSighting, idle_ms: number): void {
    const { ingress_port, src_addr, src_mac: mac } = sighting;
    const port = this.environment.network.port(ingress_port);
    if (port === undefined || this.#refusal(sighting, port) !== undefined) return;
    const { client_routes_max } = this.environment.limits;
    this.#take(src_addr);
    if (this.#isMacFull(mac)) return this.counts.add('clients_refused_mac_full');
    if (this.#clients.size >= client_routes_max) this.#evict();
    this.#put(src_addr, { port, mac }, this.environment.clock.now_ms() - idle_ms);
  }

  /** When entries were last hit, as read from the switch. Costs as much as there are clients. */
  noteUse(uses: Iterable<readonly [address: Ipv4Address, idle_ms: number]>): void {
    const now_ms = this.environment.clock.now_ms();
    for (const [address, idle_ms] of uses) {
      const client = this.#clients.get(address);
      if (client !== undefined) client.used_ms = Math.max(client.used_ms, now_ms - idle_ms);
    }
    this.#clients = new Map([...this.#clients].sort(([, a], [, b]) => a.used_ms - b.used_ms));
  }

  /** The switch says that nothing came from there for the idle time. */
  age({ ingress_port, src_mac, src_addr }: ClientSighting): void {
    const client = this.#clients.get(src_addr);
    if (client === undefined || client.port.number !== ingress_port || client.mac !== src_mac) return;
    this.#take(src_addr);
    this.counts.add('clients_aged');
    this.environment.onChange(unwanted(client.rows));
  }

  /** A response to a client without a route. */
  resolve(bytes: Uint8Array, frame: Frame): void {
    const address = frame.ipv4?.destination;
    if (address === undefined) return this.counts.add('frames_dropped_not_ipv4');
    const client = this.#clients.get(address);
    // Learned while this frame was on its way to us.
    if (client !== undefined) return this.#forward(bytes, client);
    const hop = this.#isForeign(address) ? this.environment.network.hopToClient(address) : undefined;
    if (hop === undefined) return this.counts.add('frames_dropped_no_route');
    const { pending_frames_max, pending_frames_per_address_max } = this.environment.limits;
    const queue = this.#pending.get(address) ?? [];
    if (this.#pending_frames >= pending_frames_max || queue.length >= pending_frames_per_address_max) {
      return this.counts.add('frames_dropped_queue_full');
    }
    queue.push(bytes);
    this.#pending_frames += 1;
    if (this.#pending.has(address)) return;
    this.#pending.set(address, queue);
    this.environment.lookUp(hop, (neighbour) => this.#release(address, neighbour));
  }

  /** The entries that should be there. */
  rows(): Row[] {
    return [...this.#clients.values()].flatMap(({ rows }) => rows);
  }

  #release(address: Ipv4Address, neighbour: Neighbour | undefined): void {
    const queue = this.#pending.get(address);
    // Those that waited have left, since a request has come from there meanwhile.
    if (queue === undefined) return;
    if (neighbour !== undefined) {
      if (this.#set(address, neighbour)) this.counts.add('clients_resolved');
      return this.#forwardPending(address, neighbour);
    }
    this.#pending.delete(address);
    this.#pending_frames -= queue.length;
    this.counts.add('frames_dropped_unresolved', queue.length);
  }

  #forwardPending(address: Ipv4Address, place: Neighbour): void {
    const queue = this.#pending.get(address) ?? [];
    this.#pending.delete(address);
    this.#pending_frames -= queue.length;
    for (const bytes of queue) this.#forward(bytes, place);
  }

  /** As the data plane would: nothing but the Ethernet addresses changes. */
  #forward(bytes: Uint8Array, { port, mac }: Neighbour): void {
    const frame = withAddresses(bytes, mac, port.mac);
    this.counts.add(this.environment.send(port, frame) ? 'frames_resolved' : 'frames_dropped_send');
  }

  /** True if the client is new. A limit may keep it from being known, or from moving. */
  #set(address: Ipv4Address, place: Neighbour): boolean {
    const { client_routes_max } = this.environment.limits;
    const now_ms = this.environment.clock.now_ms();
    const before = this.#clients.get(address);
    const is_same = before?.port === place.port && before.mac === place.mac;
    if (!is_same && this.#isTooMany(place)) return false;
    this.#take(address);
    if (before !== undefined && is_same) {
      this.#put(address, before, now_ms, before.rows);
      return false;
    }
    const evicted = this.#clients.size >= client_routes_max ? this.#evict() : [];
    const { rows } = this.#put(address, place, now_ms);
    // In this order: the new entries may have keys of the old.
    this.environment.onChange([
      ...unwanted([...evicted, ...(before?.rows ?? [])]),
      ...rows.map((row) => ({ row, is_wanted: true })),
    ]);
    if (before !== undefined) this.counts.add('clients_moved');
    return before === undefined;
  }

  #isTooMany({ port, mac }: Neighbour): boolean {
    if (this.#isMacFull(mac)) {
      this.counts.add('clients_refused_mac_full');
      return true;
    }
    if (this.#rates.get(port.number)?.take() === true) return false;
    this.counts.add('clients_refused_rate');
    return true;
  }

  #isMacFull(mac: MacAddress): boolean {
    return (this.#clients_by_mac.get(mac) ?? 0) >= this.environment.limits.clients_per_mac_max;
  }

  /** As the one used last. */
  #put(
    address: Ipv4Address,
    place: Neighbour,
    used_ms: number,
    rows: readonly Row[] = this.#rowsOf(address, place),
  ): Client {
    const { port, mac } = place;
    const client: Client = { port, mac, used_ms, rows };
    this.#clients.set(address, client);
    this.#clients_by_mac.set(mac, (this.#clients_by_mac.get(mac) ?? 0) + 1);
    return client;
  }

  #take(address: Ipv4Address): void {
    const client = this.#clients.get(address);
    if (client === undefined) return;
    this.#clients.delete(address);
    const left = (this.#clients_by_mac.get(client.mac) ?? 1) - 1;
    if (left > 0) this.#clients_by_mac.set(client.mac, left);
    else this.#clients_by_mac.delete(client.mac);
  }

  /** The longest unused goes; its entries. */
  #evict(): readonly Row[] {
    for (const [address, { rows }] of this.#clients) {
      this.#take(address);
      this.counts.add('clients_evicted');
      return rows;
    }
    return [];
  }

  #rowsOf(address: Ipv4Address, { port, mac }: Neighbour): Row[] {
    return [
      clientKnown.row(
        { ingress_port: port.number, src_mac: mac, src_addr: address },
        { name: 'known', params: {} },
        { idle_timeout_ms: this.environment.limits.client_route_idle_ms },
      ),
      clientRoute.row(
        { dst_addr: { address, length: 32 } },
        { name: 'client_route.forward', params: { port: port.number, mac } },
      ),
    ];
  }

  #refusal({ src_mac, src_addr }: ClientSighting, port: PortConfig | undefined): Refusal | undefined {
    if (port?.role !== 'external') return 'clients_refused_port';
    if (isMulticastMac(src_mac) || src_mac === MAC_ZERO || this.environment.network.own_macs.has(src_mac)) {
      return 'clients_refused_mac';
    }
    // Where no response could be sent if ARP had to find the way, nobody has asked.
    const is_reached =
      this.#isForeign(src_addr) && this.environment.network.hopToClient(src_addr) !== undefined;
    return is_reached ? undefined : 'clients_refused_address';
  }

  /** Neither ours nor a store's, nor in a store's network, and one that a station can have. */
  #isForeign(address: Ipv4Address): boolean {
    const { network } = this.environment;
    const { own, vips, store_addresses } = network;
    const first = Number(parseIpv4(address)?.split('.')[0] ?? 0);
    if (first === 0 || first === 127 || first >= 224) return false;
    if (own.has(address) || vips.has(address) || store_addresses.has(address)) return false;
    return !network.isBehind('internal', address) || network.isBehind('external', address);
  }
}

function unwanted(rows: readonly Row[]): RowChange[] {
  return rows.map((row) => ({ row, is_wanted: false }));
}
