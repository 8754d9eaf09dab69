/**
 * What the P4Runtime server and the packet ports need from a loaded v1model program.
 *
 * An engine does no I/O and owns no clock: frames, time and entries come in by these calls, frames, packet-ins,
 * digests and idle notifications leave by the `EngineEvents` given to it. Names are the fully qualified names of
 * the BMv2 JSON, which are the names in P4Info too. Values are non-negative bigints of the width P4Info declares.
 */

import type { RowTable, RowWriter } from './tables/entry_rows';
import type { PacketTrace, TraceFilter } from './trace/trace';

/**
 * What a meter marks by. Rates are in packets or bytes (as the program says) a second, bursts in the same unit.
 * `eburst` is not 0 only for single-rate three-colour meters (RFC 2697); all others are two-rate (RFC 2698).
 */
export interface MeterConfig {
  cir: bigint;
  cburst: bigint;
  pir: bigint;
  pburst: bigint;
  eburst: bigint;
}

/** What a meter has marked since it was made or its counters were cleared. */
export interface MeterCounters {
  green: CounterValue;
  yellow: CounterValue;
  red: CounterValue;
}

export interface MeterState {
  /** undefined: the default, everything is green. */
  config: MeterConfig | undefined;
  counters: MeterCounters;
}

/** A meter at a moment, to be put back. */
export interface SavedMeter extends MeterState {
  /** What each bucket holds, and what had come due since the clock's start when it was filled last; in tokens. */
  buckets: { tokens: number; due: number }[];
}

/** A CRC in the Rocksoft model: what BMv2's `set_crc16_parameters` and `set_crc32_parameters` take. */
export interface CrcParameters {
  polynomial: number;
  initial: number;
  final_xor: number;
  reflect_input: boolean;
  reflect_output: boolean;
}

/** One key field's match, in the order of the table's keys. */
export type MatchValue =
  | { kind: 'exact'; value: bigint }
  | { kind: 'lpm'; value: bigint; prefix_length: number }
  | { kind: 'ternary'; value: bigint; mask: bigint }
  | { kind: 'range'; low: bigint; high: bigint }
  /**
   * p4c's JSON says ternary where the program says optional. So a ternary key also accepts this, and reads answer
   * ternary with a mask of all ones or zero: the caller translates by P4Info.
   */
  | { kind: 'optional'; value: bigint | undefined };

/** An action by its fully qualified name, with one argument per parameter. */
export interface ActionCall {
  name: string;
  args: bigint[];
}

/** One action of a one-shot action set. */
export interface WeightedAction {
  action: ActionCall;
  /** At least 1. */
  weight: number;
  /** The action is not chosen while this port is down. */
  watch_port: number | undefined;
}

/** What an entry does: an action, or in a table with an action profile what the profile has, or a set of its own. */
export type EntryAction =
  ActionCall | { member_id: number } | { group_id: number } | { one_shot: WeightedAction[] };

/** An action that entries and groups of an action profile can share. */
export interface ProfileMember {
  /** Not 0. */
  member_id: number;
  action: ActionCall;
}

/** Members of an action selector, one of which is chosen for each packet by its hash. */
export interface ProfileGroup {
  /** Not 0. */
  group_id: number;
  /** 0: only the profile's limits hold. */
  max_size: number;
  members: { member_id: number; weight: number; watch_port: number | undefined }[];
}

/** What P4Info says of an action selector and the program's JSON does not; 0 is no limit. */
export interface ProfileLimits {
  /** Whether sizes, the profile's own too, count members or the sum of their weights. */
  counted: 'weights' | 'members';
  group_size_max: number;
  member_weight_max: number;
}

export interface TableEntry {
  match: MatchValue[];
  /** Larger wins, as in P4Runtime. 0 where the table has neither ternary, range nor optional keys. */
  priority: number;
  action: EntryAction;
  /** 0: never idles out. */
  idle_timeout_ns: bigint;
  /** Of a table with a direct meter; undefined: everything is green. */
  meter?: MeterConfig | undefined;
}

/** What an entry is to be from now on. */
export interface EntryChange extends Omit<TableEntry, 'action'> {
  /** undefined: as it is. */
  action: EntryAction | undefined;
}

export interface CounterValue {
  packets: bigint;
  bytes: bigint;
}

/** What a table read shows beyond what was written. */
export interface TableEntryState extends TableEntry {
  counter: CounterValue | undefined;
  /** Present where the table has a direct meter. */
  meter_counters?: MeterCounters;
  /** Time since the entry was last hit (or written); undefined where the table keeps no idle time. */
  idle_ns: bigint | undefined;
  is_const: boolean;
}

/** A read of a table in pieces. */
export interface OpenRead {
  /** No other read has it, of another program neither. */
  read_id: number;
  /** The first row; what was there when the read began is within [first, end). */
  first: number;
  end: number;
}

/** An entry with all that packets have made of it, to be put back. Times are the engine's clock's. */
export interface SavedEntry extends TableEntry {
  counter: CounterValue | undefined;
  saved_meter: SavedMeter | undefined;
  hit_us: number;
  reported_us: number;
}

/** Where the cells of a register array are, in memory that other arrays may share: cell i from limb `i * stride + at`. */
export interface RegisterCells {
  rows: Uint32Array;
  at: number;
  stride: number;
  /** Limbs of a row that are any array's. */
  used: number;
  /** Of a cell. */
  limbs: number;
}

export interface Replica {
  port: number;
  instance: number;
}

export interface CloneSession {
  session_id: number;
  class_of_service: number;
  /** 0: whole packets. */
  packet_length_bytes: number;
  replicas: Replica[];
}

/** Canonical gRPC code names of what a control call can fail with. */
export type EngineErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'RESOURCE_EXHAUSTED'
  | 'PERMISSION_DENIED'
  | 'FAILED_PRECONDITION'
  | 'UNIMPLEMENTED';

/** A control call that could not be done; the state is as before the call. */
export class EngineError extends Error {
  constructor(
    readonly code: EngineErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'EngineError';
  }
}

/** Why an engine drops packets of itself. */
export type EngineDrop =
  | 'queue' // too many copies wait
  | 'passes' // one frame caused too many passes
  | 'length' // longer than a frame can be, received or grown by the program
  | 'fault'; // an error within the engine

export interface EngineEvents {
  /**
   * A frame leaves by a port: `buffer[start, end)`. The bytes are valid only during the call: copy to keep. A range
   * of a larger buffer, so that no view has to be allocated for each frame.
   */
  send(port: number, buffer: Uint8Array, start: number, end: number): void;
  /** One digest() call's value: the bytes-wide fields in order of the struct. Unacknowledged batching is the server's. */
  digest(name: string, fields: bigint[]): void;
  /**
   * An entry with an idle timeout has not been hit for that long. Reported again when as long has passed again.
   * false: there is no room for the report now, nor for others. A later tick goes on with it.
   */
  idle(table: string, entry: TableEntryState): boolean | undefined;
  /** What the program says itself: log_msg() and assert()/assume() that failed (then the packet is dropped). */
  log?(level: 'info' | 'error', message: string): void;
  /** Packets were dropped for reasons that are not the program's. */
  dropped?(reason: EngineDrop, packets: number): void;
  /** What one received frame went through; after everything that came of it has been sent. */
  trace?(trace: PacketTrace): void;
}

export interface EngineOptions {
  /** The port that egress_spec names to drop; 511 as in BMv2. */
  drop_port?: number;
  /** Queues of each egress port: a packet whose priority names none is dropped. 1 as in BMv2. */
  priority_queues?: number;
  /** Seeds random() and the 'random' hash algorithm. */
  random_seed?: number;
}

export interface Engine {
  /**
   * Runs one received frame (`buffer[start, end)`, 0..65535 bytes, the whole buffer unless told) to its end, clones
   * and replicas included, but for what `runCopies` leaves for later. Never throws. `now_us` since any fixed start. Not
   * to be called from within an event.
   */
  receive(port: number, buffer: Uint8Array, now_us: number, start?: number, end?: number): void;
  /**
   * Copies (clones, replicas, resubmitted and recirculated packets) may have `turns_max` turns until the next call,
   * those that wait first; without any call they are not limited. Whether copies wait. Never throws.
   */
  runCopies(now_us: number, turns_max: number): boolean;
  /** Frames that are traced from now on; undefined: none, which costs nothing. Traces leave by the `trace` event. */
  setTrace(filter: TraceFilter | undefined): void;
  /**
   * Called now and then (about 10 times a second), so that idle timeouts are seen without traffic. Looks at a bounded
   * number of entries, so those of a large table take several calls.
   */
  tick(now_us: number): void;

  /**
   * The entries that the program gives the table are only its first ones, not const: P4Info says so, the program's
   * JSON does not.
   */
  allowWrites(table: string): void;
  insertEntry(table: string, entry: TableEntry): void;
  modifyEntry(table: string, entry: EntryChange): void;
  /** Found by match and priority; the action is ignored. */
  deleteEntry(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void;
  /**
   * undefined: back to the program's own default, its counter at zero. A table with an action profile has none to
   * set.
   */
  setDefaultAction(table: string, action: ActionCall | undefined): void;
  defaultAction(
    table: string,
  ): { action: ActionCall; is_const: boolean; counter: CounterValue | undefined } | undefined;
  /** For rows of this table (EntryRows). INVALID_ARGUMENT if they are laid out for another program. */
  rowWriter(table: RowTable): RowWriter;
  entries(table: string): Iterable<TableEntryState>;
  /** Begins a read of a table in pieces. Entries that are there from now until `closeRead` are in the same row all the time. */
  openRead(table: string): OpenRead;
  /** The entries in rows `from` to `to`, which is not included. FAILED_PRECONDITION if no such read is open. */
  readRows(read_id: number, from: number, to: number): TableEntryState[];
  /** Does nothing if no such read is open. */
  closeRead(read_id: number): void;
  /** The one entry with this match and priority, without a look at the others; undefined if there is none. */
  entry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): TableEntryState | undefined;
  /** The same with what only `restoreEntry` can bring back. */
  savedEntry(table: string, key: Pick<TableEntry, 'match' | 'priority'>): SavedEntry | undefined;
  /** Puts an entry back, or in the place of what has its key by now; then the counter stays as it is. */
  restoreEntry(table: string, saved: SavedEntry): void;

  /** Indirect counters; index -1 is not allowed here, the server iterates. */
  counterSize(name: string): number;
  readCounter(name: string, index: number): CounterValue;
  writeCounter(name: string, index: number, value: CounterValue): void;
  /** The direct counter of one entry. */
  writeDirectCounter(table: string, entry: Pick<TableEntry, 'match' | 'priority'>, value: CounterValue): void;
  /** The direct counter of the default entry. */
  writeDefaultCounter(table: string, value: CounterValue): void;

  meterSize(name: string): number;
  readMeter(name: string, index: number): MeterState;
  /** A meter starts with full buckets. undefined: everything is green. */
  writeMeter(name: string, index: number, config: MeterConfig | undefined): void;
  clearMeterCounters(name: string, index: number): void;
  /** undefined: it was never configured, nor did a packet use it. */
  savedMeter(name: string, index: number): SavedMeter | undefined;
  restoreMeter(name: string, index: number, saved: SavedMeter | undefined): void;
  /** The direct meter of one entry. */
  writeDirectMeter(
    table: string,
    entry: Pick<TableEntry, 'match' | 'priority'>,
    config: MeterConfig | undefined,
  ): void;
  clearDirectMeterCounters(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void;

  /** For what follows: entries that exist are not judged again. */
  setProfileLimits(profile: string, limits: ProfileLimits): void;
  insertMember(profile: string, member: ProfileMember): void;
  /** Wherever the member is in use, its action is another from now on. */
  modifyMember(profile: string, member: ProfileMember): void;
  /** FAILED_PRECONDITION while a group or an entry names it. */
  deleteMember(profile: string, member_id: number): void;
  members(profile: string): Iterable<ProfileMember>;
  insertGroup(profile: string, group: ProfileGroup): void;
  modifyGroup(profile: string, group: ProfileGroup): void;
  deleteGroup(profile: string, group_id: number): void;
  groups(profile: string): Iterable<ProfileGroup>;
  /** Tells the state of a port, for members that watch it. A port never told about cannot be watched. */
  setPortUp(port: number, up: boolean): void;

  /** Replaces all members: each has one match value a field of the set. */
  setValueSet(name: string, members: MatchValue[][]): void;
  valueSet(name: string): MatchValue[][];

  /** Parameters of a crc16_custom or crc32_custom calculation, by its name in the JSON. P4Runtime cannot set them. */
  setCustomCrc(calculation: string, parameters: CrcParameters): void;

  registerSize(name: string): number;
  readRegister(name: string, index: number): bigint;
  writeRegister(name: string, index: number, value: bigint): void;
  /** The cells themselves, to be copied to those of another engine's array of this size and width. */
  registerCells(name: string): RegisterCells;

  /** undefined removes the group or session. */
  setMulticastGroup(group_id: number, replicas: Replica[] | undefined): void;
  multicastGroups(): Iterable<{ group_id: number; replicas: Replica[] }>;
  setCloneSession(session_id: number, session: CloneSession | undefined): void;
  cloneSessions(): Iterable<CloneSession>;
}
