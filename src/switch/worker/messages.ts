import type { EngineErrorCode, TableEntryState } from '../engine';
import type { CarriedNames } from './carry_over';
import type { DataplaneCounts, DigestMessage, IdleMessage, PortReport } from './dataplane';
import type { EngineCall, EngineOutcome } from './engine_calls';
import type { SwitchCoreOptions } from './switch_core';

/** What the main thread asks. Every request with an `id` is answered by one `done` or `error`. */
export type Request =
  | { kind: 'stage'; id: number; program: object }
  | { kind: 'commit'; id: number }
  | { kind: 'reconcile'; id: number; program: object; setup: EngineCall[]; names: CarriedNames }
  | { kind: 'batch'; id: number; calls: EngineCall[] }
  | { kind: 'atomic_batch'; id: number; calls: EngineCall[]; at_once: boolean }
  | { kind: 'entries'; id: number; table: string }
  | { kind: 'ports'; id: number }
  | { kind: 'counts'; id: number }
  | { kind: 'close'; id: number };

export type ToWorker = Request | { kind: 'packet_outs'; frames: Uint8Array[] };

/** What each kind of request answers. */
export interface Answers {
  stage: undefined;
  commit: undefined;
  reconcile: undefined;
  batch: EngineOutcome[];
  atomic_batch: EngineOutcome[];
  /** Collected from the `part` messages before it. */
  entries: TableEntryState[];
  ports: PortReport[];
  counts: DataplaneCounts;
  close: undefined;
}

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; id: number; value: unknown }
  | { kind: 'part'; id: number; entries: TableEntryState[] }
  | { kind: 'error'; id: number; message: string; code: EngineErrorCode | undefined }
  | { kind: 'packet_ins'; frames: Uint8Array[] }
  | { kind: 'digests'; messages: DigestMessage[] }
  | { kind: 'idles'; messages: IdleMessage[] }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string };

export interface PortSpec {
  number: number;
  interface_name: string;
}

/** What a packet worker is started with. */
export interface WorkerSetup {
  ports: PortSpec[];
  options: SwitchCoreOptions;
  /** Module that exports `createEngine`, an EngineFactory. */
  engine_module: string;
  shared: SharedArrayBuffer;
  wake_fd: number;
}
