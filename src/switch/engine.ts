/**
 * What the P4Runtime server and the packet ports need from a loaded v1model program.
 *
 * An engine does no I/O and owns no clock: frames, time and entries come in by these calls, frames, packet-ins,
 * digests and idle notifications leave by the `EngineEvents` given to it. Names are the fully qualified names of
 * the BMv2 JSON, which are the names in P4Info too. Values are non-negative bigints of the width P4Info declares.
 */

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

export interface TableEntry {
  match: MatchValue[];
  /** Larger wins, as in P4Runtime. 0 where the table has neither ternary, range nor optional keys. */
  priority: number;
  action: ActionCall;
  /** 0: never idles out. */
  idle_timeout_ns: bigint;
  /** Of a table with a direct meter; undefined: everything is green. */
  meter?: MeterConfig | undefined;
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

export interface EngineEvents {
  /**
   * A frame leaves by a port: `buffer[start, end)`. The bytes are valid only during the call: copy to keep. A range
   * of a larger buffer, so that no view has to be allocated for each frame.
   */
  send(port: number, buffer: Uint8Array, start: number, end: number): void;
  /** One digest() call's value: the bytes-wide fields in order of the struct. Unacknowledged batching is the server's. */
  digest(name: string, fields: bigint[]): void;
  /** An entry with an idle timeout has not been hit for that long. Reported once until hit again. */
  idle(table: string, entry: TableEntryState): void;
  /** What the program says itself: log_msg() and assert()/assume() that failed (then the packet is dropped). */
  log?(level: 'info' | 'error', message: string): void;
}

export interface EngineOptions {
  /** The port that egress_spec names to drop; 511 as in BMv2. */
  drop_port?: number;
  /** Seeds random() and the 'random' hash algorithm. */
  random_seed?: number;
}

export interface Engine {
  /**
   * Runs one received frame (`buffer[start, end)`, 0..65535 bytes, the whole buffer unless told) to its end, clones
   * and replicas included. Never throws. `now_us` since any fixed start. Not to be called from within an event.
   */
  receive(port: number, buffer: Uint8Array, now_us: number, start?: number, end?: number): void;
  /** Called now and then (about 10 times a second), so that idle timeouts are seen without traffic. */
  tick(now_us: number): void;

  insertEntry(table: string, entry: TableEntry): void;
  modifyEntry(table: string, entry: TableEntry): void;
  /** Found by match and priority; the action is ignored. */
  deleteEntry(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void;
  /** undefined: back to the program's own default. */
  setDefaultAction(table: string, action: ActionCall | undefined): void;
  defaultAction(
    table: string,
  ): { action: ActionCall; is_const: boolean; counter: CounterValue | undefined } | undefined;
  entries(table: string): Iterable<TableEntryState>;

  /** Indirect counters; index -1 is not allowed here, the server iterates. */
  counterSize(name: string): number;
  readCounter(name: string, index: number): CounterValue;
  writeCounter(name: string, index: number, value: CounterValue): void;
  /** The direct counter of one entry. */
  writeDirectCounter(table: string, entry: Pick<TableEntry, 'match' | 'priority'>, value: CounterValue): void;

  meterSize(name: string): number;
  readMeter(name: string, index: number): MeterState;
  /** A meter starts with full buckets. undefined: everything is green. */
  writeMeter(name: string, index: number, config: MeterConfig | undefined): void;
  clearMeterCounters(name: string, index: number): void;
  /** The direct meter of one entry. */
  writeDirectMeter(
    table: string,
    entry: Pick<TableEntry, 'match' | 'priority'>,
    config: MeterConfig | undefined,
  ): void;
  clearDirectMeterCounters(table: string, entry: Pick<TableEntry, 'match' | 'priority'>): void;

  registerSize(name: string): number;
  readRegister(name: string, index: number): bigint;
  writeRegister(name: string, index: number, value: bigint): void;

  /** undefined removes the group or session. */
  setMulticastGroup(group_id: number, replicas: Replica[] | undefined): void;
  multicastGroups(): Iterable<{ group_id: number; replicas: Replica[] }>;
  setCloneSession(session_id: number, session: CloneSession | undefined): void;
  cloneSessions(): Iterable<CloneSession>;
}
