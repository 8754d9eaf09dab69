import type { Engine } from '../engine';
import type { Port } from '../ports/port';
import type { EntryRows } from '../tables/entry_rows';
import type {
  Dataplane,
  DataplaneCounts,
  DataplaneListener,
  DataplaneObserver,
  InstrumentCall,
  PortReport,
} from './dataplane';
import { EngineError } from '../engine';
import { runAtomicBatch } from './atomic_batch';
import type { CarriedNames } from './carry_over';
import { finish, runBatch, type EngineCall, type EngineFactory, type EngineOutcome } from './engine_calls';
import { runRows, type RowFailure } from './row_batch';
import { SwitchCore, type SwitchCoreOptions } from './switch_core';

const TICK_INTERVAL_MS = 100;

export interface InProcessOptions extends SwitchCoreOptions {
  /** Microseconds since any fixed start. A caller that drives the clock itself calls `tick` after moving it. */
  now_us?: () => number;
}

/** Who made the dataplane hears what a listener hears, beside it, and when everything of a call has happened. */
export interface DataplaneOwner extends Omit<DataplaneListener, 'failed'> {
  settled(): void;
}

/**
 * Engine and ports in the caller's thread: a frame is through when `inject` returns. For tests and simulations;
 * AF_PACKET ports need the worker's packet loop.
 */
export class InProcessDataplane implements Dataplane {
  private readonly core: SwitchCore;
  private readonly now_us: () => number;
  private readonly timer: NodeJS.Timeout | undefined;
  private release_timer: NodeJS.Timeout | undefined;
  private listener: DataplaneListener | undefined;
  private observer: DataplaneObserver | undefined;
  private owner: DataplaneOwner | undefined;
  private readonly hearers: Pick<DataplaneListener, 'packetIns' | 'digests' | 'idles'> = {
    packetIns: (frames) => {
      this.owner?.packetIns(frames);
      this.listener?.packetIns(frames);
    },
    digests: (messages) => {
      this.owner?.digests(messages);
      this.listener?.digests(messages);
    },
    idles: (messages) => {
      this.owner?.idles(messages);
      this.listener?.idles(messages);
    },
  };

  constructor(
    private readonly create_engine: EngineFactory,
    ports: Port[],
    private readonly options: InProcessOptions = {},
  ) {
    this.core = new SwitchCore(
      create_engine,
      ports,
      // A clock that is the caller's counts from 1970.
      options.now_us === undefined ? options : { ...options, epoch_us: 0 },
      (level, message) => {
        this.owner?.log(level, message);
        this.listener?.log(level, message);
      },
      (number, buffer, start, end) => this.inject(number, buffer, start, end),
    );
    this.now_us = options.now_us ?? (() => performance.now() * 1000);
    if (options.now_us === undefined) {
      this.timer = setInterval(() => this.tick(), TICK_INTERVAL_MS);
      this.timer.unref();
    }
  }

  /** A frame arrives at a port, existing or not. */
  inject(port: number, buffer: Uint8Array, start = 0, end = buffer.length): void {
    this.core.setTime(this.now_us());
    this.core.receive(port, buffer, start, end);
    this.deliver();
  }

  /** Makes the clock's time the switch's: held frames and captures go by it. */
  updateTime(): void {
    this.core.setTime(this.now_us());
  }

  /** Looks at idle timeouts and at frames that are held back. */
  tick(): void {
    this.core.setTime(this.now_us());
    this.core.release();
    this.core.tick();
    this.deliver();
    while (this.core.hasIdleDue) {
      this.core.reportIdle();
      this.deliver();
    }
  }

  /** `stage` and `commit` at once. Throws what the engine factory throws. */
  loadNow(program: object): void {
    this.core.stage(program);
    this.core.commit();
  }

  /** The engine control calls go to. Throws EngineError if there is none. */
  engineNow(): Engine {
    if (this.core.controlled === undefined) throw new EngineError('NOT_FOUND', 'no program is loaded');
    return this.core.controlled;
  }

  verify(program: object): Promise<void> {
    return settle(() => void verifyProgram(this.create_engine, program, this.options));
  }

  stage(program: object): Promise<void> {
    return settle(() => this.core.stage(program));
  }

  commit(): Promise<void> {
    return settle(() => this.core.commit());
  }

  reconcile(program: object, setup: EngineCall[], names: CarriedNames): Promise<void> {
    return settle(() => finish(this.core.reconcile(program, setup, names)));
  }

  atomicBatch(calls: EngineCall[]): Promise<EngineOutcome[]> {
    return settle(() => {
      this.core.setTime(this.now_us());
      return finish(runAtomicBatch(this.engineNow(), calls));
    });
  }

  batch(calls: EngineCall[]): Promise<EngineOutcome[]> {
    return settle(() => {
      const engine = this.engineNow();
      this.core.setTime(this.now_us());
      return finish(runBatch(engine, calls));
    });
  }

  writeRows(rows: EntryRows): Promise<RowFailure[]> {
    return settle(() => {
      const engine = this.engineNow();
      this.core.setTime(this.now_us());
      return finish(runRows(engine, rows));
    });
  }

  packetOut(frame: Uint8Array): void {
    this.core.setTime(this.now_us());
    this.core.packetOut(frame);
    this.deliver();
  }

  listen(listener: DataplaneListener): void {
    this.listener = listener;
  }

  /** There is one owner; its methods but `settled` are called while the switch is at work, and must not throw. */
  setOwner(owner: DataplaneOwner): void {
    this.owner = owner;
  }

  /** Frames that nobody waits for any more. */
  countDropped(frames: number): void {
    this.core.counts.events_dropped += frames;
  }

  ports(): Promise<PortReport[]> {
    return settle(() => this.core.portReports());
  }

  counts(): Promise<DataplaneCounts> {
    return settle(() => ({ ...this.core.counts }));
  }

  instrument(call: InstrumentCall): Promise<void> {
    return settle(() => {
      this.core.setTime(this.now_us());
      this.core.instrument(call);
      this.deliver();
    });
  }

  addPort(): Promise<void> {
    return settle(() => {
      throw new Error('this switch has no thread for interfaces: its ports are those it was made with');
    });
  }

  removePort(port: number): Promise<void> {
    return settle(() => this.core.removePort(port));
  }

  observe(observer: DataplaneObserver): void {
    this.observer = observer;
  }

  close(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.release_timer);
    return settle(() => {
      this.core.close();
      this.deliver();
    });
  }

  /** With a real clock, frames that faults hold back are let go in time; else `tick` does it. */
  private awaitHeldFrames(): void {
    if (this.timer === undefined || this.release_timer !== undefined || this.core.due_us === Infinity) return;
    const wait_ms = Math.max(1, (this.core.due_us - this.now_us()) / 1000);
    this.release_timer = setTimeout(() => {
      this.release_timer = undefined;
      this.tick();
    }, wait_ms);
  }

  private deliver(): void {
    if (this.listener !== undefined || this.owner !== undefined) this.core.deliver(this.hearers);
    if (this.observer !== undefined) this.core.deliverObserved(this.observer);
    this.awaitHeldFrames();
    this.owner?.settled();
  }
}

/** Compiles a program and throws it away. */
export function verifyProgram(
  create_engine: EngineFactory,
  program: object,
  options: SwitchCoreOptions,
): void {
  const ignore = (): undefined => undefined;
  create_engine(program, { send: ignore, digest: ignore, idle: ignore }, options);
}

function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
