/**
 * Everything the controller decides, apart from the connection to the switch: frames, digests and idle notices go
 * in, frames and wanted tables come out.
 */
import type { Logger } from 'pino';
import type { PortConfig } from '../config/config';
import type { ClientSighting } from '../dataplane/client_digest';
import { CPU_PORT, type PACKET_OUT } from '../dataplane/constants';
import type { PuntedFrame } from '../dataplane/packet_io';
import { storeDown } from '../dataplane/store_down';
import type { Row } from '../dataplane/table';
import { MAC_ZERO } from '../wire/address';
import { encodeEthernet } from '../wire/ethernet';
import { decodeFrame } from '../wire/frame';
import { planChecks, probeSource, type PlannedCheck } from './check_plan';
import { ClientRoutes } from './client_routes';
import type { Clock, Timer } from './clock';
import { DrainWatch } from './drain_watch';
import { fixedRows } from './fixed_rows';
import { Fragments } from './fragments';
import { Health, type ProbePath } from './health';
import { NO_ID } from './ids';
import { Neighbours } from './neighbours';
import type { Network } from './network';
import { inPieces } from './pieces';
import { ResponseCutter } from './response_cutter';
import { PoolAssignments, senderRows, storeDownRows, storeRows, storeTables } from './store_rows';
import { SessionResets } from './session_resets';
import { Sessions, type SessionEnds } from './sessions';
import { StoreStates, type Drain } from './store_states';
import { SwitchPath } from './switch_path';
import type { RowChange } from './table_writer';
import { Tally } from './tally';
import { TABLES } from '../dataplane/tables';

export interface VirtualizerEnvironment {
  network: Network;
  clock: Clock;
  logger: Logger;
  first_xid: number;
  /** False if the frame could not be sent. Plain `send` unless told otherwise. */
  send(port_number: number, frame: Uint8Array, operation?: keyof typeof PACKET_OUT): boolean;
  /** A request or response that is to be recorded, for whatever reason it came. */
  record(punt: PuntedFrame): void;
  /** How many responses of the store to clients the switch has counted; undefined if it does not tell. */
  responses(store_id: number, callback: (count: number | undefined) => void): void;
  /** Each table given should hold these rows and no others. */
  want(tables: ReadonlyMap<string, readonly Row[]>): void;
  /** Nothing has come back from the switch for so long that the connection may be dead. */
  onStalled(silent_ms: number): void;
  /** These entries should be there, or not be there, from now on. */
  change(changes: Iterable<RowChange>): void;
  /** Calls back once the switch has been told what was last said of these entries; never if it goes away before. */
  whenWritten(rows: readonly Row[], callback: () => void): void;
}

/** What a controller before this one left in the switch. */
export interface Leftover {
  stores: { id: number; mac: string; port_number: number }[];
  stores_down: number[];
  clients: Iterable<LeftoverClient>;
  sessions: Iterable<{ ends: SessionEnds; store_id: number }>;
}

export interface LeftoverClient {
  sighting: ClientSighting;
  /** Since a request last came from there. */
  idle_ms: number;
}

/** EtherType for experiments within one network (IEEE 802, clause 9.2.3). */
const LOCAL_EXPERIMENTAL = 0x88b5;
const CANARY_INTERVAL_MIN_MS = 5;
const CANARY_INTERVAL_MAX_MS = 400;
/** As short as an Ethernet frame may be; nobody but us sees it. */
const CANARY_FRAME = encodeEthernet({
  destination: MAC_ZERO,
  source: MAC_ZERO,
  etherType: LOCAL_EXPERIMENTAL,
  payload: new Uint8Array(46),
});

/** Changes of clients' entries are said together after this time; those of stores at once. */
export const CLIENTS_FLUSH_MS = 50;
/** Longer than the switch remembers which store had a request: `LIFETIME` in p4/controls/request.p4. */
const REMEMBERED_MS = 130_000;

export class Virtualizer {
  readonly counts = new Tally(['packet_ins_unreadable']);
  readonly neighbours: Neighbours;
  readonly path: SwitchPath;
  readonly health: Health;
  readonly clients: ClientRoutes;
  readonly fragments: Fragments;
  readonly responses: ResponseCutter;
  readonly sessions: Sessions;
  readonly resets: SessionResets;
  readonly stores: StoreStates;
  readonly assignments: PoolAssignments;
  #have_stores_changed = false;
  /** Ids of stores that the controller before knew and the configuration does not: down, until they are forgotten. */
  #removed: ReadonlySet<number> = new Set();
  #removed_timer: Timer | undefined;
  #pools_refresh: Timer | undefined;
  /** By table and key: of two changes of an entry the later counts. */
  #client_changes = new Map<string, RowChange>();
  #clients_flush: Timer | undefined;
  /** Stores that the switch is told are down. */
  #down: ReadonlySet<number> = new Set();
  readonly #drain_watch: DrainWatch;

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
    const checks = planChecks(network);
    this.path = new SwitchPath({
      clock,
      logger,
      interval_ms: canaryInterval_ms(checks),
      sendCanary: () => environment.send(CPU_PORT, CANARY_FRAME),
      onStalled: (silent_ms) => environment.onStalled(silent_ms),
    });
    this.health = new Health(checks, {
      clock,
      send,
      first_xid,
      hasBeenHeardSince: (time_ms) => this.path.hasBeenHeardSince(time_ms),
      path: (store) => this.#probePath(store),
      onLate: (in_a_row) => logger.warn({ in_a_row }, 'checks of health are late: this machine is too busy'),
      onChange: (store) => this.#onStore(store),
      responses: (store, callback) => environment.responses(network.storeId(store), callback),
      onPardon: (store, responses) =>
        logger.warn(
          { store, responses },
          'checks of health are not answered, but clients are: the store stays',
        ),
    });
    this.responses = new ResponseCutter({ network, clock, send });
    this.clients = new ClientRoutes({
      network,
      clock,
      limits,
      send: (port, frame) => this.responses.send(port, frame),
      lookUp: (hop, callback) => this.neighbours.lookUp(hop.address, hop.ports, callback),
      onChange: (changes) => this.#onClients(changes),
    });
    this.sessions = new Sessions({ clock, limits, onChange: (changes) => this.#onClients(changes) });
    this.resets = new SessionResets({
      clock,
      sessions: this.sessions,
      placeOf: (client) => this.clients.find(client),
      isDown: (store_id) => this.#down.has(store_id),
      send,
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
    this.fragments = new Fragments({
      clock,
      limits,
      placeOf: (store_id) => this.stores.findById(store_id)?.place,
      jumboOf: (service_id, store_id) => network.jumbo(service_id, store_id),
      isGateway: (port_number) => port_number === network.gateway?.number,
      send: (port_number, frame, operation) => environment.send(port_number, frame, operation),
    });
    this.#drain_watch = new DrainWatch({
      clock,
      stores: this.stores,
      verify: (store_id) => this.resets.verify(store_id),
      onDue: (store) => this.#onStore(store),
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

  /** Another controller is in charge: what is known of sessions it knows better. */
  forget(): void {
    this.sessions.forget();
  }

  /**
   * Held, and another controller was in charge until now: takes over what it left, as far as it fits. Sessions that have begun since
   * are those that the switch has shown.
   */
  async adopt({ stores, stores_down, clients, sessions }: Leftover): Promise<void> {
    const { network } = this.environment;
    this.health.forget();
    const by_mac = new Map(this.stores.all().map((view) => [view.config.mac, view]));
    /** By number in the switch's tables, the one that store has now; none if another store has that now. */
    const numbers = new Map<number, number>();
    for (const { id, mac, port_number } of stores) {
      const namesake = this.stores.findById(id);
      // One with that very address, or else the one of that number now.
      const view = by_mac.get(mac) ?? (namesake?.config.mac === undefined ? namesake : undefined);
      if (namesake !== undefined || view !== undefined) numbers.set(id, view?.id ?? NO_ID);
      const port = network.port(port_number);
      if (view === undefined || port === undefined) continue;
      this.neighbours.suggest(view.config.address, { mac, port });
      // A store the switch was using is used until its checks fail.
      if (!stores_down.includes(id)) this.health.presumeGood(view.config.name);
    }
    for (const { config } of this.stores.all()) this.stores.update(config.name);
    const known = new Set(this.stores.all().map(({ id }) => id));
    const pinned = new Set<number>();
    for await (const { ends, store_id } of inPieces(sessions)) {
      const number = numbers.get(store_id) ?? store_id;
      if (number === NO_ID) continue;
      this.sessions.adopt(ends, number);
      pinned.add(number);
    }
    const unknown = [...stores.map(({ id }) => id), ...stores_down, ...pinned].filter((id) => !known.has(id));
    this.#removed = new Set(unknown);
    this.#removed_timer?.cancel();
    if (this.#removed.size > 0)
      this.#removed_timer = this.environment.clock.after(REMEMBERED_MS, () => {
        this.#removed = new Set();
        this.#onStores();
      });
    const all: LeftoverClient[] = [];
    for await (const client of inPieces(clients)) all.push(client);
    all.sort((a, b) => b.idle_ms - a.idle_ms);
    for await (const { sighting, idle_ms } of inPieces(all)) this.clients.adopt(sighting, idle_ms);
  }

  /** The switch is away, or another controller's: nothing is asked, nobody is judged. */
  hold(): void {
    this.#clients_flush?.cancel();
    this.#clients_flush = undefined;
    this.#pools_refresh?.cancel();
    this.#pools_refresh = undefined;
    this.path.hold();
    this.neighbours.hold();
    this.health.hold();
    this.fragments.hold();
    this.sessions.hold();
    this.resets.hold();
    this.#drain_watch.hold();
  }

  /** Frames can be sent, and the switch's tables are known: says what all of them should hold. */
  resume(): void {
    const fixed = new Map<string, Row[]>(TABLES.map(({ name }) => [name, []]));
    for (const row of fixedRows(this.environment.network)) fixed.get(row.table)?.push(row);
    const all = new Map<string, readonly Row[]>(fixed);
    this.#have_stores_changed = false;
    this.#client_changes.clear();
    for (const name of this.stores.drains.keys()) this.stores.update(name);
    for (const [table, rows] of [...this.#storeTables(), ...this.#clientTables()]) all.set(table, rows);
    this.environment.want(all);
    this.path.resume();
    this.neighbours.resume();
    this.health.resume();
    this.sessions.resume();
    this.#down = new Set();
    this.#resetSessions(all.get('store_down') ?? []);
    this.#drain_watch.resume();
  }

  receive(punt: PuntedFrame): void {
    const { ingress_port, reason, frame: bytes } = punt;
    this.path.heard();
    if (punt.is_sampled) this.environment.record(punt);
    // They look at what they need: whoever floods us with fragments should cost little.
    if (reason === 'fragment' || reason === 'fragment_passed') return this.fragments.receive(punt);
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
      case 'too_large':
        this.responses.tell(ingress_port, frame, this.clients.find(frame.ipv4?.destination)?.port);
        return this.clients.resolve(bytes, frame);
      case 'session':
        return this.sessions.receive(punt.store_id, frame);
      case 'record':
        return;
    }
  }

  /** Undefined ends it. */
  setDrain(store: string, drain: Drain | undefined): void {
    this.stores.setDrain(store, drain);
    this.#onStores();
    this.#drain_watch.changed(store);
  }

  /** Says at once what has changed; otherwise that is said soon, together with whatever else changes meanwhile. */
  flush(): void {
    this.#flushStores();
    while (this.#pools_refresh !== undefined) this.#refreshPool();
    this.#flushClients();
  }

  /** Nothing has changed that is not said yet. */
  get is_flushed(): boolean {
    return !this.#have_stores_changed && this.#pools_refresh === undefined && this.#client_changes.size === 0;
  }

  /**
   * What is down is said at once: one entry takes a store out of every pool. What that means for the slots and draws
   * of those pools is worked out afterwards, one pool in a turn, so that the entry is on its way by then; and only
   * then are stores said to be no longer down that have returned, since their slots must be written first.
   */
  #flushStores(): void {
    if (!this.#have_stores_changed) return;
    this.#have_stores_changed = false;
    const stores = this.stores.all();
    this.assignments.update(stores);
    const down = this.#downRows();
    this.environment.change(down.map((row) => ({ row, is_wanted: true })));
    this.#resetSessions(down);
    this.environment.want(
      new Map([
        ['store', storeRows(stores)],
        ['sender', senderRows(stores)],
      ]),
    );
    this.#pools_refresh ??= this.environment.clock.after(0, () => this.#refreshPool());
  }

  #refreshPool(): void {
    this.#pools_refresh?.cancel();
    this.#pools_refresh = undefined;
    const rows = this.assignments.refresh();
    if (rows !== undefined) {
      this.environment.change(rows.map((row) => ({ row, is_wanted: true })));
      this.#pools_refresh = this.environment.clock.after(0, () => this.#refreshPool());
    } else {
      this.environment.want(new Map([['store_down', this.#downRows()]]));
    }
  }

  /** Those of stores that have just gone down, once the switch sends what is theirs elsewhere. Those that have returned have none. */
  #resetSessions(down_rows: readonly Row[]): void {
    const before = this.#down;
    this.#down = new Set(down_rows.flatMap(({ entry }) => storeDown.readKey(entry)?.store_id ?? []));
    for (const id of before) if (!this.#down.has(id)) this.sessions.unpin(id);
    const gone = [...this.#down].filter((id) => !before.has(id) && this.sessions.has(id));
    if (gone.length === 0) return;
    this.environment.whenWritten(down_rows, () => {
      for (const id of gone) if (this.#down.has(id)) this.resets.reset(id);
    });
  }

  #flushClients(): void {
    this.#clients_flush?.cancel();
    this.#clients_flush = undefined;
    const changes = this.#client_changes;
    this.#client_changes = new Map();
    if (changes.size > 0) this.environment.change(changes.values());
  }

  #onStore(name: string | undefined): void {
    if (name === undefined) return;
    this.stores.update(name);
    this.#onStores();
  }

  #onStores(): void {
    if (!this.#have_stores_changed) queueMicrotask(() => this.#flushStores());
    this.#have_stores_changed = true;
  }

  #onClients(changes: readonly RowChange[]): void {
    for (const change of changes) this.#client_changes.set(`${change.row.table} ${change.row.key}`, change);
    this.#clients_flush ??= this.environment.clock.after(CLIENTS_FLUSH_MS, () => this.#flushClients());
  }

  #downRows(): Row[] {
    return storeDownRows(this.stores.all(), this.assignments.kept, this.#removed);
  }

  #storeTables(): Map<string, readonly Row[]> {
    return storeTables(this.stores.all(), this.assignments, this.#removed);
  }

  #clientTables(): Map<string, Row[]> {
    const tables = new Map<string, Row[]>([
      ['client_known', []],
      ['client_route', []],
      ['session_pin', this.sessions.rows()],
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

/** So that a few canaries return within the time that any check has. */
function canaryInterval_ms(checks: readonly PlannedCheck[]): number {
  const timeouts_ms = checks.map(({ target }) => target.timing.timeout_ms);
  return Math.max(CANARY_INTERVAL_MIN_MS, Math.min(CANARY_INTERVAL_MAX_MS, ...timeouts_ms) / 4);
}
