import { EngineError, type TableEntryState } from '../engine';
import type { CaptureChunk } from '../ports/capture';
import type { FaultCounts } from '../ports/faults';
import type { PortStats } from '../ports/port';
import type { PortFaults } from '../ports/wrappers';
import type { EntryRows } from '../tables/entry_rows';
import type { PacketTrace, TraceFilter } from '../trace/trace';
import type { CarriedNames } from './carry_over';
import type { EngineCall, EngineMethod, EngineOutcome, EngineResult } from './engine_calls';
import type { RowFailure } from './row_batch';

export interface PortReport {
  number: number;
  name: string;
  /** Its interface is, and no operator has taken it down. */
  up: boolean;
  enabled: boolean;
  captured: boolean;
  stats: PortStats;
  /** undefined: no faults are injected. */
  faults: FaultCounts | undefined;
}

/** What the packet side dropped for reasons of its own, since the start. */
export interface DataplaneCounts {
  /** Frames received before any program was loaded. */
  no_program: number;
  /** Frames the program sent to a port that does not exist. */
  unknown_port: number;
  /** Copies that the program made of frames while too many waited. */
  copies_dropped: number;
  /** Copies dropped because one frame had caused too many passes. */
  passes_exceeded: number;
  /** Frames longer than 65535 bytes, received or grown by the program. */
  frames_too_long: number;
  /** Digests and traces nobody fetched in time. */
  events_dropped: number;
  /** Frames to the CPU port that the P4Runtime server did not take as fast. */
  packet_ins_dropped: number;
  /** Packet-outs that came faster than packets can be served. */
  packet_outs_dropped: number;
  /** Frames that ended in an error inside the engine: always a bug, never expected. */
  engine_faults: number;
  /** Messages of the program and of the packet side that the log could not take as fast. */
  log_dropped: number;
  /** Frames missing from captures, because their files could not be written as fast. */
  capture_dropped: number;
}

export interface DigestMessage {
  name: string;
  fields: bigint[];
}

export interface IdleMessage {
  table: string;
  entry: TableEntryState;
}

/** What the packet side reports by itself, in batches. */
export interface DataplaneListener {
  packetIns(frames: Uint8Array[]): void;
  digests(messages: DigestMessage[]): void;
  idles(messages: IdleMessage[]): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** The packet side has ended by itself; nothing works any more. */
  failed(error: Error): void;
}

/** What an operator can ask while packets flow. */
export type InstrumentCall =
  | { set: 'enabled'; port: number; enabled: boolean }
  | { set: 'captured'; port: number; captured: boolean }
  /** undefined: none. */
  | { set: 'faults'; port: number; faults: PortFaults | undefined }
  /** undefined: nothing is traced. */
  | { set: 'trace'; filter: TraceFilter | undefined };

/** Who asked for traces and captures gets them, in batches. */
export interface DataplaneObserver {
  traces(traces: PacketTrace[]): void;
  captured(chunks: CaptureChunk[]): void;
}

/**
 * Engine and ports as the P4Runtime server sees them, in whichever thread they run. Requests take
 * effect in the order they were made; a packet-out may overtake requests that have not been answered.
 */
export interface Dataplane {
  /** Compiles a program without using it; rejects with what is wrong with it. */
  verify(program: object): Promise<void>;
  /**
   * Compiles a program beside the running one. Control calls go to it from now on, packets when it is committed.
   * Rejects, and changes nothing, if it does not compile.
   */
  stage(program: object): Promise<void>;
  /** Puts the staged program, with the entries it has by now, in place of the running one. */
  commit(): Promise<void>;
  /**
   * Compiles a program, gives it what `names` says of the state of the running one after the calls of `setup`, and
   * puts it in place of the running and of any staged one. Rejects, and changes nothing, if it does not compile or
   * (EngineError) cannot take the state.
   */
  reconcile(program: object, setup: EngineCall[], names: CarriedNames): Promise<void>;
  /** Runs all calls, also those after a failed one; one outcome a call. */
  batch(calls: EngineCall[]): Promise<EngineOutcome[]>;
  /** Does all rows, also those after a failed one; the failed ones are answered. Takes `rows.words` over. */
  writeRows(rows: EntryRows): Promise<RowFailure[]>;
  /**
   * Runs all calls, or none if one fails: then the outcomes end with the failed one. `at_once`: no packet is served
   * meanwhile, unless a call had to be undone.
   */
  atomicBatch(calls: EngineCall[], at_once: boolean): Promise<EngineOutcome[]>;
  /** A frame arrives at the CPU port. */
  packetOut(frame: Uint8Array): void;
  listen(listener: DataplaneListener): void;
  ports(): Promise<PortReport[]>;
  counts(): Promise<DataplaneCounts>;
  /** Rejects if the port does not exist or the faults cannot be. */
  instrument(call: InstrumentCall): Promise<void>;
  /** Attaches a Linux interface as a port. Rejects if it cannot be opened or there is a port of that number. */
  addPort(port: number, interface_name: string): Promise<void>;
  /** Rejects if there is no such port. */
  removePort(port: number): Promise<void>;
  /** There is one observer. */
  observe(observer: DataplaneObserver): void;
  close(): Promise<void>;
}

/** One call; rejects with EngineError where `batch` would report it. */
export async function engineCall<M extends EngineMethod>(
  dataplane: Dataplane,
  call: Extract<EngineCall, { method: M }>,
): Promise<EngineResult<M>> {
  const [outcome] = await dataplane.batch([call]);
  if (outcome === undefined) throw new Error(`the engine did not answer ${call.method}`);
  return outcomeValue<M>(outcome);
}

/** The value of a successful outcome of a call of method M; throws EngineError otherwise. */
export function outcomeValue<M extends EngineMethod>(outcome: EngineOutcome): EngineResult<M> {
  if (outcome.ok) return outcome.value as EngineResult<M>;
  if (outcome.code === 'INTERNAL') throw new Error(outcome.message);
  throw new EngineError(outcome.code, outcome.message);
}
