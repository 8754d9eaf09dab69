/**
 * Everything the controller decides, apart from the connection to the switch: frames, digests and idle notices go
 * in, frames and wanted tables come out.
 */
import type { Logger } from 'pino';
import type { PortConfig } from '../config/config';
import type { ClientSighting } from '../dataplane/client_digest';
import type { PuntedFrame } from '../dataplane/packet_io';
import type { Row } from '../dataplane/table';
import { decodeFrame } from '../wire/frame';
import { planChecks, probeSource } from './check_plan';
import { ClientRoutes } from './client_routes';
import type { Clock } from './clock';
import { fixedRows } from './fixed_rows';
import { Health, type ProbePath } from './health';
import { Neighbours } from './neighbours';
import type { Network } from './network';
import { PoolAssignments, storeDownRows, storeRows } from './store_rows';
import { StoreStates } from './store_states';
import { Tally } from './tally';
import { TABLES } from '../dataplane/tables';

export interface VirtualizerEnvironment {
  network: Network;
  clock: Clock;
  logger: Logger;
  first_xid: number;
  /** False if the frame could not be sent. */
  send(port_number: number, frame: Uint8Array): boolean;
  /** Each table given should hold these rows and no others. */
  want(tables: ReadonlyMap<string, readonly Row[]>): void;
}

/** What a controller before this one left in the switch. */
export interface Leftover {
  stores: { id: number; mac: string; port_number: number }[];
  stores_down: number[];
  clients: { sighting: ClientSighting; idle_ms: number }[];
}

type Part = 'stores' | 'clients';

export class Virtualizer {
  readonly counts = new Tally(['packet_ins_unreadable']);
  readonly neighbours: Neighbours;
  readonly health: Health;
  readonly clients: ClientRoutes;
  readonly stores: StoreStates;
  readonly assignments: PoolAssignments;
  readonly #changed = new Set<Part>();

  constructor(private readonly environment: VirtualizerEnvironment) {
    const { network, clock, logger, first_xid } = environment;
    const { neighbours: neighbour_options, limits, stores } = network.config;
    const send = (port: PortConfig, frame: Uint8Array) => environment.send(port.number, frame);
    const store_of = new Map(stores.map((store) => [store.address, store.name]));
    this.neighbours = new Neighbours({
      network,
      clock,
      options: neighbour_options,
      send,
      onChange: (address) => this.#onStore(store_of.get(address)),
    });
    this.health = new Health(planChecks(network), {
      clock,
      send,
      first_xid,
      path: (store) => this.#probePath(store),
      onChange: (store) => this.#onStore(store),
    });
    this.clients = new ClientRoutes({
      network,
      clock,
      limits,
      send,
      lookUp: (hop, callback) => this.neighbours.lookUp(hop.address, hop.ports, callback),
      onChange: () => this.#change('clients'),
    });
    this.stores = new StoreStates(network, this.neighbours, this.health, clock, (view, before) => {
      const { state, reason } = view;
      const is_bad = before === state || (before === 'up' && state !== 'draining');
      const level = is_bad ? 'warn' : 'info';
      logger[level](
        { store: view.config.name, state, before, ...(reason && { reason }) },
        `store is ${state}`,
      );
    });
    this.assignments = new PoolAssignments(network);
    for (const store of stores) {
      const ports = network.storePorts(store);
      const [port] = ports;
      if (store.mac !== undefined && port !== undefined) {
        this.neighbours.fix(store.address, { mac: store.mac, port });
      } else {
        this.neighbours.watch(store.address, ports);
      }
      this.stores.update(store.name);
    }
  }

  /** Held, and another controller was in charge until now: takes over what it left, as far as it fits. */
  adopt({ stores, stores_down, clients }: Leftover): void {
    const { network } = this.environment;
    this.health.forget();
    for (const { id, mac, port_number } of stores) {
      const view = this.stores.all().find((one) => one.id === id);
      const port = network.port(port_number);
      if (view === undefined || port === undefined) continue;
      this.neighbours.suggest(view.config.address, { mac, port });
      // A store the switch was using is used until its checks fail.
      if (!stores_down.includes(id)) this.health.presumeGood(view.config.name);
    }
    for (const { config } of this.stores.all()) this.stores.update(config.name);
    for (const { sighting, idle_ms } of clients) this.clients.adopt(sighting, idle_ms);
  }

  /** The switch is away, or another controller's: nothing is asked, nobody is judged. */
  hold(): void {
    this.neighbours.hold();
    this.health.hold();
  }

  /** Frames can be sent, and the switch's tables are known: says what all of them should hold. */
  resume(): void {
    const all = new Map<string, Row[]>(TABLES.map(({ name }) => [name, []]));
    for (const row of fixedRows(this.environment.network)) all.get(row.table)?.push(row);
    this.#changed.clear();
    this.environment.want(new Map([...all, ...this.#storeTables(), ...this.#clientTables()]));
    this.neighbours.resume();
    this.health.resume();
  }

  receive({ ingress_port, reason, frame: bytes }: PuntedFrame): void {
    const frame = decodeFrame(bytes);
    if (frame === undefined) return this.counts.add('packet_ins_unreadable');
    switch (reason) {
      case 'arp_reply':
        if (frame.arp === undefined) return this.counts.add('packet_ins_unreadable');
        return this.neighbours.receive(ingress_port, frame.arp);
      case 'service':
        return this.health.receive(ingress_port, frame);
      case 'client_route_miss':
        return this.clients.resolve(bytes, frame);
    }
  }

  /** False if nothing changed. */
  setDrained(store: string, is_drained: boolean): boolean {
    const changed = this.stores.setDrained(store, is_drained);
    if (changed) this.#change('stores');
    return changed;
  }

  /** Says at once what has changed; otherwise that is said soon, together with whatever else changes meanwhile. */
  flush(): void {
    const tables = new Map<string, Row[]>([
      ...(this.#changed.has('stores') ? this.#storeTables() : []),
      ...(this.#changed.has('clients') ? this.#clientTables() : []),
    ]);
    this.#changed.clear();
    if (tables.size > 0) this.environment.want(tables);
  }

  #onStore(name: string | undefined): void {
    if (name === undefined) return;
    this.stores.update(name);
    this.#change('stores');
  }

  #change(part: Part): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.flush());
    this.#changed.add(part);
  }

  #storeTables(): Map<string, Row[]> {
    const views = this.stores.all();
    return new Map([
      ['store', storeRows(views)],
      ['store_down', storeDownRows(views)],
      ['slot', this.assignments.rows(views)],
    ]);
  }

  #clientTables(): Map<string, Row[]> {
    const tables = new Map<string, Row[]>([
      ['client_known', []],
      ['client_route', []],
    ]);
    for (const row of this.clients.rows()) tables.get(row.table)?.push(row);
    return tables;
  }

  #probePath(name: string): ProbePath | undefined {
    const view = this.stores.find(name);
    if (view?.place === undefined) return undefined;
    const { port, mac } = view.place;
    const source = probeSource(this.environment.network, view.config, port);
    return source === undefined ? undefined : { port, mac, source };
  }
}
