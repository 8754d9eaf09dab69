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
import {
  isMulticastMac,
  MAC_ZERO,
  parseIpv4,
  writeMac,
  type Ipv4Address,
  type MacAddress,
} from '../wire/address';
import type { Frame } from '../wire/frame';
import type { Clock } from './clock';
import type { Neighbour } from './neighbours';
import type { Network, NextHop } from './network';
import { Tally } from './tally';

export interface ClientLimits {
  client_routes_max: number;
  client_route_idle_ms: number;
  pending_frames_max: number;
  pending_frames_per_address_max: number;
}

export interface ClientEnvironment {
  network: Network;
  clock: Clock;
  limits: ClientLimits;
  lookUp(hop: NextHop, callback: (neighbour: Neighbour | undefined) => void): void;
  send(port: PortConfig, frame: Uint8Array): boolean;
  /** The entries have changed. */
  onChange(): void;
}

interface Client {
  port: PortConfig;
  /** The client's, or that of the router it is behind. */
  mac: MacAddress;
  used_ms: number;
}

/** Why a sighting is not believed: undefined if it is. */
type Refusal = 'refused_port' | 'refused_mac' | 'refused_address';

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
    'frames_resolved',
    'frames_dropped_no_route',
    'frames_dropped_unresolved',
    'frames_dropped_queue_full',
    'frames_dropped_not_ipv4',
    'frames_dropped_send',
  ]);
  /** By address, longest unused first as far as known. */
  readonly #clients = new Map<Ipv4Address, Client>();
  readonly #pending = new Map<Ipv4Address, Uint8Array[]>();
  #pending_frames = 0;

  constructor(private readonly environment: ClientEnvironment) {}

  get size(): number {
    return this.#clients.size;
  }

  /** A request came from there. */
  learn(sighting: ClientSighting): void {
    const port = this.environment.network.port(sighting.ingress_port);
    const refusal = this.#refusal(sighting, port);
    if (refusal !== undefined || port === undefined) {
      return this.counts.add(`clients_${refusal ?? 'refused_port'}`);
    }
    if (this.#set(sighting.src_addr, port, sighting.src_mac)) this.counts.add('clients_learned');
  }

  /** What an earlier controller left in the switch: kept if it would be learned today. */
  adopt(sighting: ClientSighting, idle_ms: number): void {
    const port = this.environment.network.port(sighting.ingress_port);
    if (port === undefined || this.#refusal(sighting, port) !== undefined) return;
    const { client_routes_max } = this.environment.limits;
    const has_room = this.#clients.has(sighting.src_addr) || this.#clients.size < client_routes_max;
    if (!has_room) return;
    const used_ms = this.environment.clock.now_ms() - idle_ms;
    this.#clients.set(sighting.src_addr, { port, mac: sighting.src_mac, used_ms });
  }

  /** When entries were last hit, as read from the switch. */
  noteUse(address: Ipv4Address, idle_ms: number): void {
    const client = this.#clients.get(address);
    if (client === undefined) return;
    client.used_ms = Math.max(client.used_ms, this.environment.clock.now_ms() - idle_ms);
  }

  /** The switch says that nothing came from there for the idle time. */
  age({ ingress_port, src_mac, src_addr }: ClientSighting): void {
    const client = this.#clients.get(src_addr);
    if (client === undefined || client.port.number !== ingress_port || client.mac !== src_mac) return;
    this.#clients.delete(src_addr);
    this.counts.add('clients_aged');
    this.environment.onChange();
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

  /** The entries that should be there: each client's, in both tables. */
  rows(): Row[] {
    const options = { idle_timeout_ms: this.environment.limits.client_route_idle_ms };
    return [...this.#clients].flatMap(([address, { port, mac }]) => [
      clientKnown.row(
        { ingress_port: port.number, src_mac: mac, src_addr: address },
        { name: 'known', params: {} },
        options,
      ),
      clientRoute.row(
        { dst_addr: { address, length: 32 } },
        { name: 'client_route.forward', params: { port: port.number, mac } },
      ),
    ]);
  }

  #release(address: Ipv4Address, neighbour: Neighbour | undefined): void {
    const queue = this.#pending.get(address) ?? [];
    this.#pending.delete(address);
    this.#pending_frames -= queue.length;
    if (neighbour === undefined) return this.counts.add('frames_dropped_unresolved', queue.length);
    if (this.#set(address, neighbour.port, neighbour.mac)) this.counts.add('clients_resolved');
    for (const bytes of queue) this.#forward(bytes, neighbour);
  }

  /** As the data plane would: nothing but the Ethernet addresses changes. */
  #forward(bytes: Uint8Array, { port, mac }: Neighbour): void {
    const frame = Uint8Array.from(bytes);
    writeMac(frame, 0, mac);
    writeMac(frame, 6, port.mac);
    this.counts.add(this.environment.send(port, frame) ? 'frames_resolved' : 'frames_dropped_send');
  }

  /** True if the client is new. */
  #set(address: Ipv4Address, port: PortConfig, mac: MacAddress): boolean {
    const before = this.#clients.get(address);
    const used_ms = this.environment.clock.now_ms();
    // Inserted last again, so that the order stays that of use.
    this.#clients.delete(address);
    if (before === undefined && this.#clients.size >= this.environment.limits.client_routes_max)
      this.#evict();
    this.#clients.set(address, { port, mac, used_ms });
    if (before?.port === port && before.mac === mac) return false;
    if (before !== undefined) this.counts.add('clients_moved');
    this.environment.onChange();
    return before === undefined;
  }

  #evict(): void {
    let oldest: Ipv4Address | undefined;
    let oldest_ms = Infinity;
    for (const [address, { used_ms }] of this.#clients) {
      if (used_ms < oldest_ms) [oldest, oldest_ms] = [address, used_ms];
    }
    if (oldest === undefined) return;
    this.#clients.delete(oldest);
    this.counts.add('clients_evicted');
  }

  #refusal({ src_mac, src_addr }: ClientSighting, port: PortConfig | undefined): Refusal | undefined {
    if (port?.role !== 'external') return 'refused_port';
    if (isMulticastMac(src_mac) || src_mac === MAC_ZERO || this.environment.network.own_macs.has(src_mac)) {
      return 'refused_mac';
    }
    return this.#isForeign(src_addr) ? undefined : 'refused_address';
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
