/**
 * The controller of one virtualizer: connects to its switch over P4Runtime, becomes primary, brings the switch's
 * tables in step, and keeps them so. It never wipes: what is right stays, whoever wrote it, and traffic flows while
 * it is away.
 */
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { readClientDigest } from '../dataplane/client_digest';
import { clientKnown } from '../dataplane/client_known';
import { CPU_PORT } from '../dataplane/constants';
import { isReturned, packetOut, readPacketIn } from '../dataplane/packet_io';
import { loadProgram } from '../dataplane/program';
import {
  Client,
  ElectionIdInUseError,
  NotPrimaryError,
  parseTarget,
  P4RuntimeError,
  UnreachableError,
  type DigestList,
  type IdleTimeout,
  type PacketIn,
  type PacketOut,
  type Pipeline,
  type Target,
} from '../p4runtime';
import type { Ipv4Address } from '../wire/address';
import { planChecks, probeSource } from './check_plan';
import { systemClock, type Clock, type Timer } from './clock';
import { readDrains, writeDrains, type Drains, type RecordedDrain } from './drain_record';
import { overfullTables } from './fixed_rows';
import { idle_ms, readClient, readLeftover } from './leftover';
import { writeLast } from './last_writes';
import { LoadReader } from './load/reader';
import type { LoadSnapshot } from './load/snapshot';
import { Network } from './network';
import { inPieces } from './pieces';
import { shareWarnings } from './pool_shares';
import { listTables, readCounters, readTable } from './readings';
import { portStatuses, serviceStatuses, storeStatuses } from './reports';
import { planSeries, seriesProblems, type SeriesPlan } from './series';
import type {
  ControllerState,
  ControllerStatus,
  CounterReading,
  ServiceStatus,
  StoreStatus,
  TableListing,
  TableReading,
} from './status';
import type { SampledRecords, RecordRequest } from './records/feed';
import { Records } from './records/records';
import { StoreResponses } from './store_responses';
import { ensureSwitchResources } from './switch_resources';
import { TableWriter } from './table_writer';
import { Tally } from './tally';
import { Virtualizer } from './virtualizer';

export interface ControllerOptions {
  logger: Logger;
  clock?: Clock;
  /** Where the switch is, if not at `switch.address` over TCP. */
  target?: Target;
  /** `start` rejects if the switch does not answer at once, instead of trying on. */
  fail_fast?: boolean;
  /** Where drained stores are remembered; without it, a restart forgets them. */
  state_file?: string;
}

/** A configuration that cannot be run, although each entry of it is right. */
export class ControllerError extends Error {
  override readonly name = 'ControllerError';
}

const PROBLEMS_MAX = 20;
/** A switch that takes longer to write a batch of entries is taken for lost. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A switch may take this long to notice that the controller before us has gone, and to give its election id free. */
const ELECTION_ID_GRACE_MS = 3_000;
/** Between attempts to bring the switch in step after one failed for another reason than the connection. */
const RETRY_MS = 5_000;
/** Between looks at how long clients have been idle, and attempts to write what the switch refused. */
const UPKEEP_MS = 10_000;

export class Controller {
  readonly #network: Network;
  readonly #pipeline: Pipeline;
  readonly #client: Client;
  readonly #writer: TableWriter;
  readonly #virtualizer: Virtualizer;
  readonly #series: SeriesPlan;
  readonly #load: LoadReader;
  readonly #records: Records;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #counts = new Tally(['packet_ins_unknown', 'digests_unreadable', 'messages_undecodable']);
  #state: ControllerState = 'stopped';
  #reason: string | undefined;
  #problems: string[] = [];
  #started_ms: number;
  /** Since another controller was last in charge. */
  #has_adopted = false;
  /** Grows with every change of connection, so that work begun before it can tell. */
  #epoch = 0;
  #timers: Timer[] = [];
  #drains: Drains = new Map();
  /** Since when our election id has been another's. */
  #in_use_since_ms: number | undefined;
  #starting: { resolve(): void; reject(error: Error): void } | undefined;

  /**
   * Reads the P4 program and connects to nothing yet. Throws ControllerError, ProgramError, P4InfoError, or
   * RangeError for more stores, services or pools than the program has room for.
   */
  constructor(
    private readonly config: Config,
    private readonly options: ControllerOptions,
  ) {
    const { logger, clock = systemClock } = options;
    this.#logger = logger;
    this.#clock = clock;
    this.#started_ms = clock.now_ms();
    const { address, device_id, election_id, pipeline, cpu_port } = config.switch;
    if (cpu_port !== CPU_PORT) {
      throw new ControllerError(
        `switch.cpu_port: found ${cpu_port}, expected ${CPU_PORT}: the P4 program is compiled for it`,
      );
    }
    this.#network = new Network(config);
    requireProbeSources(this.#network);
    requirePortsOfFixed(this.#network);
    requireRoom(this.#network);
    this.#pipeline = loadProgram(pipeline);
    const target = options.target ?? parseTarget(`grpc://${address}?device_id=${device_id}`);
    this.#client = new Client(target, {
      p4info: this.#pipeline.p4info,
      election_id: BigInt(election_id),
      unary_timeout_ms: ANSWER_TIMEOUT_MS,
    });
    const client = this.#client;
    this.#writer = new TableWriter(
      {
        write: (updates) => client.write(updates),
        readTable: (table) => client.readTable(table, { idle: table === clientKnown.name }),
      },
      {
        onRefused: (problem) => this.#problem(problem),
        onInterrupted: (error) => this.#interrupted(error),
      },
    );
    this.#series = planSeries(this.#network);
    this.#load = new LoadReader(client, this.#network, this.#series, clock);
    this.#records = new Records({
      network: this.#network,
      clock,
      logger,
      readLoad: () => this.#load.read(),
    });
    const responses = new StoreResponses(client, clock);
    this.#virtualizer = new Virtualizer({
      network: this.#network,
      clock,
      logger,
      first_xid: randomInt(2 ** 32),
      send: (port_number, frame, operation) => this.#send(packetOut(port_number, frame, operation)),
      record: (punted) => this.#records.take(punted),
      responses: (store_id, callback) => responses.ask(store_id, callback),
      want: (tables) => this.#writer.want(tables),
      change: (changes) => this.#writer.change(changes),
      whenWritten: (rows, callback) => this.#writer.whenWritten(rows, callback),
      onStalled: (silent_ms) => client.reconnect(`no frame has come from the switch for ${silent_ms} ms`),
    });
    this.#listen();
  }

  /**
   * Resolves once the switch is in step, or we are backup. Keeps trying to reach the switch, unless `fail_fast`.
   * Rejects with ElectionIdInUseError if another controller has our election id and keeps it, with PipelineError if the switch
   * refuses the program, and with Error for a state file that cannot be understood.
   */
  start(): Promise<void> {
    if (this.#state !== 'stopped' || this.#client.state !== 'stopped') {
      return Promise.reject(new ControllerError('the controller has been started before'));
    }
    this.#restoreDrains();
    this.#openRecords();
    for (const problem of [...shareWarnings(this.#network), ...seriesProblems(this.#series)]) {
      this.#problem(problem);
    }
    this.#started_ms = this.#clock.now_ms();
    this.#enter('connecting');
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#client.start({ keep_trying: this.options.fail_fast !== true }).catch((error: unknown) => {
        // Otherwise it has ended for a reason that is known already.
        if (this.#starting !== undefined) this.#fail(toError(error));
      });
      this.#upkeep();
    });
  }

  /** Leaves the switch as it is, once it holds all that is known; or after some seconds, if it takes longer to write that. */
  async stop(): Promise<void> {
    if (this.#state === 'running') await writeLast(this.#virtualizer, this.#writer, this.#clock);
    this.#epoch += 1;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#virtualizer.hold();
    this.#writer.interrupt();
    this.#starting?.resolve();
    this.#starting = undefined;
    this.#client.close();
    this.#records.stop();
    if (this.#state !== 'failed') this.#enter('stopped');
  }

  status(): ControllerStatus {
    const { address, device_id } = this.config.switch;
    return {
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      switch: { address, device_id, election_id: Number(this.#client.election_id) },
      uptime_ms: Math.round(this.#clock.now_ms() - this.#started_ms),
      writes: { ...this.#writer.counts, pending: this.#writer.pending },
      clients: this.#virtualizer.clients.size,
      sessions: this.#virtualizer.sessions.size,
      ports: portStatuses(this.#network),
      problems: [...this.#problems],
    };
  }

  stores(): StoreStatus[] {
    return storeStatuses(this.#network, this.#virtualizer, this.#clock.now_ms());
  }

  services(): ServiceStatus[] {
    return serviceStatuses(this.#network, this.#virtualizer);
  }

  /**
   * Gives the store nothing new; what it has answered before it may answer again, and its sessions stay, for `deadline_ms` or, without
   * it, for as long as they last. Of two drains of a store the later counts. Resolves when the switch does so, or at once while the
   * switch is away: then it follows. Rejects with an Error for an unknown store, or if the state file cannot be written.
   */
  drain(store: string, deadline_ms?: number): Promise<void> {
    return this.#setDrain(store, {
      due_unix_ms: deadline_ms === undefined ? undefined : Date.now() + deadline_ms,
    });
  }

  /** Ends `drain`. */
  restore(store: string): Promise<void> {
    return this.#setDrain(store, undefined);
  }

  /** Rejects, as all readings, with UnreachableError while the switch does not answer. */
  tables(): Promise<TableListing[]> {
    return listTables(this.#client);
  }

  readTable(name: string): Promise<TableReading> {
    return readTable(this.#client, this.#network, name);
  }

  readCounters(): Promise<CounterReading> {
    const { neighbours, path, health, clients, fragments, responses, sessions, resets, counts } =
      this.#virtualizer;
    return readCounters(this.#client, this.#network, {
      ...neighbours.counts.values(),
      ...path.counts.values(),
      ...health.counts.values(),
      ...clients.counts.values(),
      ...fragments.counts.values(),
      ...responses.counts.values(),
      ...sessions.counts.values(),
      ...resets.counts.values(),
      ...counts.values(),
      ...this.#counts.values(),
      ...this.#records.counts(),
      packet_outs_dropped: this.#client.packet_outs_dropped,
    });
  }

  /** What the switch has counted of requests and their response times; `loadBetween` makes figures of two such. */
  readLoad(): Promise<LoadSnapshot> {
    return this.#load.read();
  }

  /** Records of sampled requests; waits for some, if asked to. */
  async takeRecords(request: RecordRequest): Promise<SampledRecords> {
    const is_sampling = this.config.virtual_stores.some(({ services }) =>
      services.some(({ records }) => records.sample !== undefined),
    );
    return { ...(await this.#records.feed.take(request)), is_sampling };
  }

  #listen(): void {
    const client = this.#client;
    client.on('primary', () => void this.#takeOver());
    client.on('backup', ({ primary_election_id }) => {
      this.#standBy(`the controller with election id ${primary_election_id} is primary`);
    });
    client.on('no_primary', ({ highest_election_id }) => {
      this.#standBy('the primary has left; taking its place');
      // Above the highest by our own id: two backups that do this at once do not ask for the same.
      client.claim(highest_election_id + BigInt(this.config.switch.election_id));
    });
    client.on('disconnected', (error) => this.#disconnected(error));
    client.on('packet_in', (packet) => this.#onPacketIn(packet));
    client.on('digest', (list) => this.#onDigest(list));
    client.on('idle_timeout', (notice) => this.#onIdle(notice));
    client.on('stream_error', ({ message, about }) =>
      this.#problem(`the switch reports (${about}): ${message}`),
    );
    client.on('undecodable', (error) => {
      this.#counts.add('messages_undecodable');
      this.#problem(error.message);
    });
  }

  /** Brings the switch in step. */
  async #takeOver(): Promise<void> {
    this.#epoch += 1;
    const epoch = this.#epoch;
    this.#enter('reconciling');
    try {
      const pushed = await this.#client.pushPipeline(this.#pipeline);
      await ensureSwitchResources(this.#client);
      await this.#writer.load();
      if (epoch !== this.#epoch) return;
      if (!this.#has_adopted) {
        await this.#virtualizer.adopt(readLeftover((table) => this.#writer.present(table)));
        if (epoch !== this.#epoch) return;
      }
      this.#has_adopted = true;
      this.#virtualizer.resume();
      await this.#writer.resume();
      await this.#writer.settled();
      if (epoch !== this.#epoch) return;
      this.#enter('running');
      this.#records.resume();
      this.#logger.info({ program: pushed, writes: this.#writer.counts }, 'the switch is in step');
      this.#starting?.resolve();
      this.#starting = undefined;
    } catch (error) {
      if (epoch === this.#epoch) this.#takeOverFailed(toError(error));
    }
  }

  #takeOverFailed(error: Error): void {
    this.#virtualizer.hold();
    // The client tells by an event what becomes of the connection.
    if (error instanceof UnreachableError || error instanceof NotPrimaryError) {
      this.#enter('connecting', error.message);
    } else if (this.#starting !== undefined) {
      return this.#fail(error);
    } else {
      this.#enter('failed', error.message);
      this.#problem(error.message);
    }
    this.#after(RETRY_MS, () => {
      const is_stuck = this.#state === 'connecting' || this.#state === 'failed';
      if (is_stuck && this.#client.state === 'primary') void this.#takeOver();
    });
  }

  #standBy(reason: string): void {
    this.#pause();
    this.#virtualizer.forget();
    this.#has_adopted = false;
    this.#enter('backup', reason);
    this.#starting?.resolve();
    this.#starting = undefined;
  }

  #disconnected(error: Error): void {
    this.#pause();
    if (error instanceof ElectionIdInUseError && this.#starting !== undefined) {
      this.#in_use_since_ms ??= this.#clock.now_ms();
      const waited_ms = this.#clock.now_ms() - this.#in_use_since_ms;
      if (waited_ms >= ELECTION_ID_GRACE_MS) return this.#fail(error);
    }
    this.#enter('connecting', error.message);
  }

  /** The writer could not write, and the connection may say nothing. */
  #interrupted(error: Error): void {
    if (this.#client.state !== 'primary') return;
    this.#takeOverFailed(error);
  }

  #pause(): void {
    this.#epoch += 1;
    this.#load.forget();
    this.#records.hold();
    this.#virtualizer.hold();
    this.#writer.interrupt();
  }

  /** For good: `start` rejects. */
  #fail(error: Error): void {
    this.#pause();
    this.#enter('failed', error.message);
    const starting = this.#starting;
    this.#starting = undefined;
    this.#client.close();
    starting?.reject(error);
  }

  #send(packet: PacketOut): boolean {
    try {
      return this.#client.packetOut(packet);
    } catch (error) {
      // Not primary (any more), or closed.
      if (error instanceof P4RuntimeError) return false;
      throw error;
    }
  }

  #onPacketIn(packet: PacketIn): void {
    if (isReturned(packet)) return this.#virtualizer.path.canaryReturned();
    const punted = readPacketIn(packet);
    if (punted === undefined) return this.#counts.add('packet_ins_unknown');
    this.#virtualizer.receive(punted);
  }

  #onDigest(list: DigestList): void {
    for (const sample of list.samples) {
      const sighting = readClientDigest(sample);
      if (sighting === undefined) this.#counts.add('digests_unreadable');
      else this.#virtualizer.clients.learn(sighting);
    }
    this.#client.ackDigest(list);
  }

  #onIdle({ entries }: IdleTimeout): void {
    for (const entry of entries) {
      if (!entry.table.endsWith(clientKnown.name)) continue;
      const client = readClient(entry);
      if (client !== undefined) this.#virtualizer.clients.age(client);
    }
  }

  async #setDrain(store: string, drain: RecordedDrain | undefined): Promise<void> {
    if (this.#virtualizer.stores.find(store) === undefined) {
      const names = this.config.stores.map(({ name }) => name).join(', ');
      throw new Error(`there is no store "${store}"; there are ${names}`);
    }
    const drains = new Map(this.#drains);
    if (drain === undefined) drains.delete(store);
    else drains.set(store, drain);
    const { state_file } = this.options;
    // First, so that what cannot be remembered is not done.
    if (state_file !== undefined) writeDrains(state_file, drains);
    this.#drains = drains;
    this.#applyDrain(store, drain);
    this.#virtualizer.flush();
    await this.#writer.settled();
  }

  #restoreDrains(): void {
    const { state_file } = this.options;
    if (state_file === undefined) return;
    this.#drains = readDrains(state_file);
    for (const [store, drain] of this.#drains) this.#applyDrain(store, drain);
  }

  /** A deadline is a moment: what passes while no controller runs counts. */
  #applyDrain(store: string, drain: RecordedDrain | undefined): void {
    const due_unix_ms = drain?.due_unix_ms;
    const deadline_ms =
      due_unix_ms === undefined ? undefined : this.#clock.now_ms() + due_unix_ms - Date.now();
    this.#virtualizer.setDrain(store, drain && { deadline_ms });
  }

  #openRecords(): void {
    try {
      this.#records.start();
    } catch (error) {
      const { folder } = this.config.records;
      throw new ControllerError(
        `records.folder: found ${folder}, expected a folder that can be written: ${toError(error).message}`,
      );
    }
  }

  /** Every now and then, as long as the controller runs. */
  #upkeep(): void {
    this.#after(UPKEEP_MS, () => {
      this.#upkeep();
      if (this.#state !== 'running') return;
      this.#writer.retryRefused();
      // Whom to evict matters only where the table fills up.
      const { clients } = this.#virtualizer;
      if (clients.size > 0.9 * this.config.limits.client_routes_max) void this.#noteUse();
    });
  }

  async #noteUse(): Promise<void> {
    const uses: [Ipv4Address, number][] = [];
    try {
      for await (const entry of inPieces(this.#client.readTable(clientKnown.name, { idle: true }))) {
        const client = readClient(entry);
        if (client !== undefined) uses.push([client.src_addr, idle_ms(entry)]);
      }
    } catch (error) {
      return this.#problem(toError(error).message);
    }
    this.#virtualizer.clients.noteUse(uses);
  }

  #after(delay_ms: number, callback: () => void): void {
    const timer = this.#clock.after(delay_ms, () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
      callback();
    });
    this.#timers.push(timer);
  }

  #enter(state: ControllerState, reason?: string): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    const level = state === 'failed' || (state === 'connecting' && reason !== undefined) ? 'warn' : 'info';
    this.#logger[level]({ state, ...(reason !== undefined && { reason }) }, `controller is ${state}`);
  }

  #problem(text: string): void {
    if (this.#problems.at(-1) === text) return;
    this.#logger.warn({ problem: text }, 'problem');
    this.#problems = [...this.#problems, text].slice(-PROBLEMS_MAX);
  }
}

/** Checks of health need an address that stores can answer to. */
function requireProbeSources(network: Network): void {
  const checked = new Set(planChecks(network).map(({ store }) => store));
  for (const store of network.config.stores) {
    const port = network.storePorts(store).find((one) => probeSource(network, store, one) === undefined);
    if (port === undefined || !checked.has(store.name)) continue;
    throw new ControllerError(
      `port ${port.name}: addresses: found none, expected one: health checks of store ${store.name} come from it`,
    );
  }
}

/** A fixed MAC address is never asked for, so that its port must be known as well. */
function requirePortsOfFixed(network: Network): void {
  for (const store of network.config.stores) {
    const ports = network.storePorts(store);
    if (store.mac === undefined || ports.length === 1) continue;
    throw new ControllerError(
      `store ${store.name}: port: found none, expected one of ${ports.map(({ name }) => name).join(', ')}: ` +
        'a store with a fixed mac is not looked for',
    );
  }
}

/** Rules and exports are counted when the configuration is read; these are the many addresses and ports of others. */
function requireRoom(network: Network): void {
  for (const { table, entries, size } of overfullTables(network)) {
    throw new ControllerError(
      `the configuration makes ${entries} entries of the switch's table ${table}, which holds ${size}`,
    );
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
