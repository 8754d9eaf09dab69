import type { Engine } from '../engine';
import { EngineError } from '../engine';
import { runAtomicBatch } from './atomic_batch';
import { finish, runBatch } from './engine_calls';
import type { FromWorker, Request } from './messages';
import { runRows } from './row_batch';
import type { SwitchCore } from './switch_core';

/** Who opens interfaces and polls them. */
export interface PortKeeper {
  add(port: number, interface_name: string): void;
  remove(port: number): void;
}

/**
 * Requests of the other thread, done strictly one after the other but each in small steps, so that packets are
 * served in between: a batch of 10,000 writes or a read of a large table must not make the rings overflow.
 */
export class ControlTasks {
  private readonly waiting: Request[] = [];
  private running: Generator<undefined, void> | undefined;

  constructor(
    private readonly core: SwitchCore,
    private readonly ports: PortKeeper,
    private readonly reply: (message: FromWorker) => void,
    private readonly close: () => void,
  ) {}

  get isIdle(): boolean {
    return this.running === undefined && this.waiting.length === 0;
  }

  add(request: Request): void {
    this.waiting.push(request);
  }

  /** Does one step, and more until `end_ms` of performance.now(). */
  runSlice(end_ms: number): void {
    do {
      if (this.running === undefined) {
        const request = this.waiting.shift();
        if (request === undefined) return;
        this.running = this.perform(request);
      }
      if (this.running.next().done === true) this.running = undefined;
    } while (performance.now() < end_ms);
  }

  private *perform(request: Request): Generator<undefined, void> {
    const { id } = request;
    try {
      const value: unknown = yield* this.answer(request);
      this.reply({ kind: 'done', id, value });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.reply({ kind: 'error', id, message, code: error instanceof EngineError ? error.code : undefined });
    }
  }

  private *answer(request: Request): Generator<undefined, unknown> {
    switch (request.kind) {
      case 'stage':
        this.core.stage(request.program);
        return undefined;
      case 'commit':
        this.core.commit();
        return undefined;
      case 'reconcile':
        yield* this.core.reconcile(request.program, request.setup, request.names);
        return undefined;
      case 'atomic_batch': {
        const batch = runAtomicBatch(this.engine(), request.calls);
        return request.at_once ? finish(batch) : yield* batch;
      }
      case 'batch':
        return yield* runBatch(this.engine(), request.calls);
      case 'rows':
        return yield* runRows(this.engine(), request.rows);
      case 'ports':
        return this.core.portReports();
      case 'counts':
        return { ...this.core.counts };
      case 'instrument':
        this.core.instrument(request.call);
        return undefined;
      case 'add_port':
        this.ports.add(request.port, request.interface_name);
        return undefined;
      case 'remove_port':
        this.ports.remove(request.port);
        return undefined;
      case 'close':
        this.close();
        return undefined;
    }
  }

  private engine(): Engine {
    if (this.core.controlled === undefined) throw new EngineError('NOT_FOUND', 'no program is loaded');
    return this.core.controlled;
  }
}
