import type { EngineErrorCode } from '../engine';
import type { CarriedNames } from './carry_over';
import type { CaptureChunk } from '../ports/capture';
import type { EntryRows } from '../tables/entry_rows';
import type { PacketTrace } from '../trace/trace';
import type { DataplaneCounts, DigestMessage, IdleMessage, InstrumentCall, PortReport } from './dataplane';
import type { EngineCall, EngineOutcome } from './engine_calls';
import type { SwitchCoreOptions } from './switch_core';
import type { Scheduling } from './thread_scheduling';
import type { RowFailure } from './row_batch';

/** What the main thread asks. Every request with an `id` is answered by one `done` or `error`. */
export type Request =
  | { kind: 'stage'; id: number; program: object }
  | { kind: 'commit'; id: number }
  | { kind: 'reconcile'; id: number; program: object; setup: EngineCall[]; names: CarriedNames }
  | { kind: 'batch'; id: number; calls: EngineCall[] }
  | { kind: 'atomic_batch'; id: number; calls: EngineCall[]; at_once: boolean }
  | { kind: 'rows'; id: number; rows: EntryRows }
  | { kind: 'ports'; id: number }
  | { kind: 'counts'; id: number }
  | { kind: 'instrument'; id: number; call: InstrumentCall }
  | { kind: 'add_port'; id: number; port: number; interface_name: string }
  | { kind: 'remove_port'; id: number; port: number }
  | { kind: 'close'; id: number };

/** What each kind of request answers. */
export interface Answers {
  stage: undefined;
  commit: undefined;
  reconcile: undefined;
  batch: EngineOutcome[];
  atomic_batch: EngineOutcome[];
  rows: RowFailure[];
  ports: PortReport[];
  counts: DataplaneCounts;
  instrument: undefined;
  add_port: undefined;
  remove_port: undefined;
  close: undefined;
}

export type FromWorker =
  /** `notice`: for the log, as soon as somebody listens. */
  | { kind: 'ready'; notice: string | undefined }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; id: number; value: unknown }
  | { kind: 'error'; id: number; message: string; code: EngineErrorCode | undefined }
  /** Frames are in the ring for packet-ins. */
  | { kind: 'packet_ins' }
  | { kind: 'digests'; messages: DigestMessage[] }
  | { kind: 'idles'; messages: IdleMessage[] }
  | { kind: 'traces'; traces: PacketTrace[] }
  | { kind: 'captured'; chunk: CaptureChunk }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string };

export interface PortSpec {
  number: number;
  /** A Linux interface; or with `replay` how the names of its files begin. */
  interface_name: string;
  /** Frames come from NAME_in.pcap, `wait_s` after the start, and go to NAME_out.pcap. */
  replay?: { wait_s: number } | undefined;
}

/** What a packet worker is started with. */
export interface WorkerSetup {
  ports: PortSpec[];
  options: SwitchCoreOptions;
  scheduling: Scheduling;
  coalesce_us: number;
  /** Path of an EngineModule. */
  engine_module: string;
  shared: SharedArrayBuffer;
  wake_fd: number;
  /** FrameRings: frames to the CPU port, and from it. */
  packet_ins: SharedArrayBuffer;
  packet_outs: SharedArrayBuffer;
}
