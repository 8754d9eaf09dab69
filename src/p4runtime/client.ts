/** A controller's view of one P4Runtime target. */
import { EventEmitter } from 'node:events';
import {
  Code,
  GetForwardingPipelineConfigRequest_ResponseType as ResponseType,
  SetForwardingPipelineConfigRequest_Action as PipelineAction,
  WriteRequest_Atomicity,
  type Entity as WireEntity,
  type StreamMessageResponse,
} from 'p4runtime-js';
import type { ProfileGroup, ProfileMember } from './action_profiles';
import { Arbitration, encodeUint128, type ArbitrationResult, type ArbitrationState } from './arbitration';
import { Backoff } from './backoff';
import { checkBmv2Json } from './bmv2_json_check';
import { Connection } from './connection';
import type { CounterCell } from './counters';
import { decodeDigestList, encodeDigestAck, type DigestConfig, type DigestList } from './digest';
import type { DirectCounterCell } from './direct_resources';
import { decodeEntity, encodeUpdate, type EntityState, type Update } from './entities';
import {
  ClosedError,
  NoPipelineError,
  NotPrimaryError,
  P4InfoMismatchError,
  PipelineError,
  RpcError,
  UnreachableError,
  type P4RuntimeError,
} from './errors';
import { decodeIdleTimeout, type IdleTimeout } from './idle_timeout';
import type { MeterCell } from './meters';
import { completeOptions, type ClientOptions, type CompleteOptions } from './options';
import { decodePacketIn, encodePacketOut, type PacketIn, type PacketOut } from './packet_io';
import { P4Schema } from './p4info';
import { pipelineCookie, type Pipeline } from './pipeline';
import * as filters from './read';
import type { RegisterCell } from './registers';
import type { CloneSession, MulticastGroup, ReplicaPortForm } from './replication';
import { isServiceError } from './rpc';
import { Session, type SessionState } from './session';
import { decodeStreamError, type StreamError } from './stream_error';
import { tableKeyText, type TableEntry, type TableEntryState } from './table_entry';
import type { Target } from './target';
import type { ValueSet } from './value_sets';
import { batches, failuresOf } from './write';
import { WriteError, type UpdateFailure } from './write_error';

/** Listeners are called in the order things happened. */
export interface ClientEvents {
  /** We may write. After a reconnection too: the target may have lost what it had, so reconcile. */
  primary: [];
  backup: [{ primary_election_id: bigint }];
  /** The primary left and the target waits for a backup to `claim` its place. */
  no_primary: [{ highest_election_id: bigint }];
  /** The stream broke or a reconnection failed; another attempt follows. */
  disconnected: [P4RuntimeError];
  packet_in: [PacketIn];
  digest: [DigestList];
  idle_timeout: [IdleTimeout];
  /** The target could not do what the stream asked of it, such as a packet-out. */
  stream_error: [StreamError];
  /** A message of the target that the P4Info does not explain; it is dropped. */
  undecodable: [Error];
}

export type ClientState = SessionState;

export interface WriteOptions {
  /** Others than the default need a target that can undo a batch, and send all updates as one batch. */
  atomicity?: 'continue_on_error' | 'rollback_on_error' | 'dataplane_atomic';
}

const ATOMICITY = {
  continue_on_error: WriteRequest_Atomicity.CONTINUE_ON_ERROR,
  rollback_on_error: WriteRequest_Atomicity.ROLLBACK_ON_ERROR,
  dataplane_atomic: WriteRequest_Atomicity.DATAPLANE_ATOMIC,
} as const;

/** The first P4Runtime version whose replicas name ports by bytes. */
const REPLICA_PORT_SINCE: readonly [number, number] = [1, 4];

/**
 * Reads and capabilities need no `start`: a client that was not started is no controller, and writes only to
 * targets that have none. Names resolve by the P4Info given, fetched or pushed last.
 */
export class Client extends EventEmitter<ClientEvents> {
  readonly #connection: Connection;
  readonly #arbitration: Arbitration;
  readonly #session: Session;
  readonly #options: CompleteOptions;
  #schema: P4Schema | undefined;
  #replica_port: ReplicaPortForm | undefined;
  #packet_outs_dropped = 0;

  /** Connects to nothing yet. Throws EncodingError for an election id that is none. */
  constructor(
    readonly target: Target,
    options: ClientOptions = {},
  ) {
    super();
    this.#options = completeOptions(options);
    const { reconnect: backoff } = this.#options;
    this.#schema = options.p4info;
    this.#arbitration = new Arbitration(target.device_id, this.#options.election_id, options.role);
    this.#connection = new Connection(target, {
      tls: options.tls,
      keepalive_ms: options.keepalive_ms,
      reconnect_initial_ms: backoff.initial_ms,
      reconnect_max_ms: backoff.max_ms,
    });
    this.#session = new Session(
      this.#connection,
      this.#arbitration,
      new Backoff(backoff),
      this.#options.unary_timeout_ms,
      {
        onArbitration: (result) => this.#onArbitration(result),
        onMessage: (message) => this.#onMessage(message),
        onDisconnected: (error) => {
          this.#replica_port = undefined;
          this.emit('disconnected', error);
        },
      },
    );
  }

  /** The target's address, for messages. */
  get name(): string {
    return this.#connection.name;
  }

  get state(): ClientState {
    return this.#session.state;
  }

  get election_id(): bigint {
    return this.#arbitration.election_id;
  }

  /** Of the primary, as last heard; undefined while not connected. */
  get primary_election_id(): bigint | undefined {
    return this.#arbitration.primary_election_id;
  }

  /** Packet-outs lost because the queue was full or the stream down. */
  get packet_outs_dropped(): number {
    return this.#packet_outs_dropped;
  }

  /** Throws P4InfoMismatchError if there is none yet. */
  get p4info(): P4Schema {
    if (this.#schema !== undefined) return this.#schema;
    throw new P4InfoMismatchError(
      `${this.name}: no P4Info yet: give one, push a pipeline or call fetchP4Info()`,
    );
  }

  // --- Controller session

  /**
   * Connects as a controller; from then on reconnects by itself. Resolves with the target's first verdict. Rejects
   * with UnreachableError, ElectionIdInUseError or RpcError if the first attempt fails, unless `keep_trying`.
   */
  start(options: { keep_trying?: boolean } = {}): Promise<ArbitrationState> {
    return this.#session.start(options.keep_trying ?? false);
  }

  /**
   * Competes with another election id: at least the highest seen, to become primary where there is none. On BMv2
   * never one that is in use: it then loses track of both controllers.
   */
  claim(election_id: bigint): void {
    this.#session.claim(election_id);
  }

  /**
   * Gives up a connection that only seems to be there, and connects anew. `disconnected` follows at once, with `reason`.
   * Without effect while not connected.
   */
  reconnect(reason: string): void {
    this.#session.reconnect(reason);
  }

  /** Ends every call and timer. Nothing is emitted any more. */
  close(): void {
    this.#session.close();
    this.#connection.close();
  }

  // --- Pipeline

  /**
   * Loads a program unless the target already runs it, as its cookie tells. Rejects with P4InfoMismatchError if P4Info
   * and BMv2 JSON do not belong together, with PipelineError if the target refuses them. From then on names resolve by its P4Info.
   */
  async pushPipeline(
    pipeline: Pipeline,
    options: { force?: boolean } = {},
  ): Promise<'unchanged' | 'committed'> {
    checkBmv2Json(pipeline.p4info, pipeline.device_config);
    const cookie = pipelineCookie(pipeline);
    if (options.force !== true && (await this.fetchCookie()) === cookie) {
      this.#schema = pipeline.p4info;
      return 'unchanged';
    }
    this.#checkPrimary('SetForwardingPipelineConfig');
    const request = {
      deviceId: this.target.device_id,
      roleId: 0n,
      role: this.#arbitration.role ?? '',
      electionId: this.#electionId(),
      action: PipelineAction.VERIFY_AND_COMMIT,
      config: {
        p4info: pipeline.p4info.p4info,
        p4DeviceConfig: Buffer.from(pipeline.device_config),
        cookie: { cookie },
      },
    };
    try {
      await this.#connection.setPipeline(request, this.#options.pipeline_timeout_ms);
    } catch (error) {
      if (
        !(error instanceof RpcError) ||
        error instanceof UnreachableError ||
        error instanceof NotPrimaryError
      ) {
        throw error;
      }
      const { operation, target, code, detail } = error;
      throw new PipelineError(operation, target, code, detail, error.quirk, {
        cause: error,
      });
    }
    this.#schema = pipeline.p4info;
    return 'committed';
  }

  /** Of the program the target runs; undefined if it runs none or one loaded without a cookie. */
  async fetchCookie(): Promise<bigint | undefined> {
    try {
      const config = await this.#getPipeline(ResponseType.COOKIE_ONLY);
      return config?.cookie?.cookie;
    } catch (error) {
      if (error instanceof NoPipelineError) return undefined;
      throw error;
    }
  }

  /** Asks the target for its P4Info; from then on names resolve by it. Rejects with NoPipelineError. */
  async fetchP4Info(): Promise<P4Schema> {
    const config = await this.#getPipeline(ResponseType.P4INFO_AND_COOKIE);
    if (config?.p4info === undefined) {
      throw new NoPipelineError(
        'GetForwardingPipelineConfig',
        this.name,
        Code.NOT_FOUND,
        'there is no P4Info',
      );
    }
    this.#schema = new P4Schema(config.p4info, `P4Info of ${this.name}`);
    return this.#schema;
  }

  /** The P4Runtime version the target announces, such as `1.4.0`. */
  async fetchApiVersion(): Promise<string> {
    this.#checkOpen();
    const { device_id } = this.target;
    return (await this.#connection.capabilities(device_id, this.#options.unary_timeout_ms))
      .p4runtimeApiVersion;
  }

  // --- Write

  /**
   * Checks and encodes all updates before any is sent, then writes them in order, in batches. Rejects with
   * EncodingError or P4InfoMismatchError (nothing was sent), WriteError (some updates failed, the rest was done),
   * NotPrimaryError, UnreachableError or RpcError.
   */
  async write(updates: readonly Update[], options: WriteOptions = {}): Promise<void> {
    if (updates.length === 0) return;
    this.#checkPrimary('Write');
    const encoding = { replica_port: await this.#replicaPort(updates) };
    const all = updates.map((update) => ({ update, wire: encodeUpdate(this.p4info, update, encoding) }));
    const atomicity = options.atomicity ?? 'continue_on_error';
    const size = atomicity === 'continue_on_error' ? this.#options.batch_updates_max : all.length;
    const failures: UpdateFailure[] = [];
    for (const { first, batch } of batches(all, size)) {
      const request = {
        deviceId: this.target.device_id,
        roleId: 0n,
        role: this.#arbitration.role ?? '',
        electionId: this.#electionId(),
        updates: batch.map(({ wire }) => wire),
        atomicity: ATOMICITY[atomicity],
      };
      try {
        await this.#connection.write(request, this.#options.unary_timeout_ms);
      } catch (error) {
        const written = batch.map(({ update }) => update);
        const failed = isServiceError(error) ? failuresOf(error, written, first) : undefined;
        if (failed === undefined) throw this.#connection.explain('Write', error);
        failures.push(...failed);
      }
    }
    if (failures.length > 0) throw new WriteError(this.name, failures, updates.length);
  }

  // --- Read

  /** All entries of a table, or of every table. */
  readTable(table?: string, options?: filters.TableReadOptions): AsyncGenerator<TableEntryState> {
    return this.#read('table', () => filters.tableFilters(this.p4info, table, options));
  }

  /** The entry with that match and priority (or the default action), if there is one. */
  async readEntry(
    entry: TableEntry,
    options?: filters.TableReadOptions,
  ): Promise<TableEntryState | undefined> {
    const found = this.#readEach<TableEntryState>('table', () => [
      filters.entryFilter(this.p4info, entry, options),
    ]);
    // A key of nothing but "don't care" is a wildcard to the target, so others may come too.
    const key = tableKeyText(this.p4info, entry);
    for await (const state of found) if (tableKeyText(this.p4info, state) === key) return state;
    return undefined;
  }

  /** Without index: every cell. */
  readCounter(counter: string, index?: number): AsyncGenerator<CounterCell> {
    return this.#read('counter', () => [filters.counterFilter(this.p4info, counter, index)]);
  }

  /** Those cells, in one request. */
  readCounterCells(counter: string, indices: readonly number[]): AsyncGenerator<CounterCell> {
    return this.#read('counter', () =>
      indices.map((index) => filters.counterFilter(this.p4info, counter, index)),
    );
  }

  readDirectCounters(table: string): AsyncGenerator<DirectCounterCell> {
    return this.#read('direct_counter_of', () => [filters.directCounterFilter(this.p4info, table)]);
  }

  readMeter(meter: string, index?: number): AsyncGenerator<MeterCell> {
    return this.#read('meter', () => [filters.meterFilter(this.p4info, meter, index)]);
  }

  readRegister(register: string, index?: number): AsyncGenerator<RegisterCell> {
    return this.#read('register', () => [filters.registerFilter(this.p4info, register, index)]);
  }

  /** Without number: all. */
  readMulticastGroups(multicast_group?: number): AsyncGenerator<MulticastGroup> {
    return this.#readEach('multicast_group', () => [filters.multicastGroupFilter(multicast_group)]);
  }

  /** Without number: all. */
  readCloneSessions(clone_session?: number): AsyncGenerator<CloneSession> {
    return this.#readEach('clone_session', () => [filters.cloneSessionFilter(clone_session)]);
  }

  /** Of the digests that are configured. */
  readDigestConfigs(): AsyncGenerator<DigestConfig> {
    return this.#readEach('digest', () => filters.digestFilters(this.p4info));
  }

  readActionProfile(action_profile: string): AsyncGenerator<ProfileMember | ProfileGroup> {
    return this.#read('action_profile', () => filters.actionProfileFilters(this.p4info, action_profile));
  }

  /** Absent: all sets, empty ones too. */
  readValueSets(value_set?: string): AsyncGenerator<ValueSet> {
    return this.#read('value_set', () => [filters.valueSetFilter(this.p4info, value_set)]);
  }

  // --- Stream

  /**
   * False if it was dropped and counted: the stream is down or its queue full. Throws EncodingError, or
   * NotPrimaryError where the target would refuse it.
   */
  packetOut(packet: PacketOut): boolean {
    const value = encodePacketOut(this.p4info, packet);
    if (this.state !== 'connecting') this.#checkPrimary('PacketOut');
    const sent = this.#session.send(
      { update: { $case: 'packet', value } },
      this.#options.packet_out_queue_max,
    );
    if (!sent) this.#packet_outs_dropped += 1;
    return sent;
  }

  /** Tells the target that a digest list arrived; false if the stream is down. */
  ackDigest(list: Pick<DigestList, 'digest' | 'list_id'>): boolean {
    return this.#session.send({ update: { $case: 'digestAck', value: encodeDigestAck(this.p4info, list) } });
  }

  // --- Inside

  #checkOpen(): void {
    if (this.state === 'closed') throw new ClosedError(`${this.name}: the client is closed`);
  }

  /** What the target would refuse anyway is refused here, without a round trip. */
  #checkPrimary(operation: string): void {
    this.#checkOpen();
    const { state } = this;
    if (state === 'primary' || state === 'stopped') return;
    if (state === 'connecting') {
      throw new UnreachableError(operation, this.name, Code.UNAVAILABLE, 'not connected; reconnecting');
    }
    const who =
      state === 'backup' ? `the primary has election id ${this.primary_election_id}` : 'there is no primary';
    throw new NotPrimaryError(
      operation,
      this.name,
      Code.PERMISSION_DENIED,
      `we have election id ${this.election_id}, ${who}`,
    );
  }

  /** Targets take writes without election id while they have no controller at all. */
  #electionId() {
    return this.state === 'stopped' ? undefined : encodeUint128(this.election_id);
  }

  #getPipeline(responseType: ResponseType) {
    this.#checkOpen();
    const request = { deviceId: this.target.device_id, responseType };
    return this.#connection.getPipeline(request, this.#options.pipeline_timeout_ms);
  }

  async #replicaPort(updates: readonly Update[]): Promise<ReplicaPortForm> {
    const needed = updates.some(({ entity }) => 'multicast_group' in entity || 'clone_session' in entity);
    if (!needed) return 'port';
    if (this.#replica_port === undefined) this.#replica_port = await this.#askReplicaPort();
    return this.#replica_port;
  }

  async #askReplicaPort(): Promise<ReplicaPortForm> {
    try {
      const [major = 0, minor = 0] = (await this.fetchApiVersion()).split('.').map(Number);
      const [since_major, since_minor] = REPLICA_PORT_SINCE;
      return major > since_major || (major === since_major && minor >= since_minor) ? 'port' : 'egress_port';
    } catch (error) {
      // Capabilities came with 1.3: who does not know it does not know `port` either.
      if (error instanceof RpcError && error.code === Code.UNIMPLEMENTED) return 'egress_port';
      throw error;
    }
  }

  /** Entities that have the property `kind`. Others are not asked for, so one is a mistake of the target. */
  async *#read<T extends EntityState>(kind: string, filter: () => WireEntity[]): AsyncGenerator<T> {
    this.#checkOpen();
    const entities = filter();
    if (entities.length === 0) return;
    const request = { deviceId: this.target.device_id, role: this.#arbitration.role ?? '', entities };
    for await (const wire of this.#connection.read(request, this.#options.read_timeout_ms)) {
      const entity = decodeEntity(this.p4info, wire);
      if (!(kind in entity)) {
        throw new P4InfoMismatchError(
          `${this.name}: asked for ${kind}, the target sent ${wire.entity?.$case}`,
        );
      }
      yield entity as T;
    }
  }

  /** One request per filter, each of which may name something the target does not have: that is no entity. */
  async *#readEach<T extends EntityState>(kind: string, each: () => WireEntity[]): AsyncGenerator<T> {
    for (const filter of each()) {
      try {
        yield* this.#read<T>(kind, () => [filter]);
      } catch (error) {
        if (!(error instanceof RpcError) || error.code !== Code.NOT_FOUND) throw error;
      }
    }
  }

  #onArbitration({ state, primary_election_id }: ArbitrationResult): void {
    switch (state) {
      case 'primary':
        this.emit('primary');
        return;
      case 'backup':
        this.emit('backup', { primary_election_id });
        return;
      case 'no_primary':
        this.emit('no_primary', { highest_election_id: primary_election_id });
        return;
    }
  }

  #onMessage({ update }: StreamMessageResponse): void {
    switch (update?.$case) {
      case 'packet':
        return this.#emitDecoded('packet_in', () => decodePacketIn(this.p4info, update.value));
      case 'digest':
        return this.#emitDecoded('digest', () => decodeDigestList(this.p4info, update.value));
      case 'idleTimeoutNotification':
        return this.#emitDecoded('idle_timeout', () => decodeIdleTimeout(this.p4info, update.value));
      case 'error':
        this.emit('stream_error', decodeStreamError(update.value));
        return;
      case 'arbitration':
      case 'other':
      case undefined:
        return;
    }
  }

  #emitDecoded<K extends 'packet_in' | 'digest' | 'idle_timeout'>(
    event: K,
    decode: () => ClientEvents[K][0],
  ): void {
    let value: ClientEvents[K][0];
    try {
      value = decode();
    } catch (error) {
      this.emit('undecodable', error instanceof Error ? error : new Error(String(error)));
      return;
    }
    // The event map ties the value's type to the event, which emit's signature cannot follow for a generic event.
    (this.emit as (name: K, value: ClientEvents[K][0]) => boolean).call(this, event, value);
  }
}
