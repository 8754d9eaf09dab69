import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../engine';
import type { EntryRows } from '../tables/entry_rows';
import type { CarriedNames } from './carry_over';
import type {
  Dataplane,
  DataplaneCounts,
  DataplaneListener,
  DataplaneObserver,
  InstrumentCall,
  PortReport,
} from './dataplane';
import { LossLog } from '../loss_log';
import type { EngineCall, EngineModule, EngineOutcome } from './engine_calls';
import { FrameRing } from './frame_ring';
import { verifyProgram } from './in_process';
import type { Answers, FromWorker, PortSpec, Request, WorkerSetup } from './messages';
import type { SwitchCoreOptions } from './switch_core';
import { COALESCE_US } from './coalescing';
import type { Scheduling } from './thread_scheduling';
import { Wakeup } from './wakeup';
import type { RowFailure } from './row_batch';

export interface WorkerDataplaneOptions extends SwitchCoreOptions {
  /** Absolute path of an EngineModule, loaded in both threads. */
  engine_module: string;
  /** Of the packet thread; default `normal`. */
  scheduling?: Scheduling;
  /** How long frames may wait for others under load. */
  coalesce_us?: number;
  /** Node flags of the worker, for a loader of TypeScript in tests. */
  exec_argv?: string[];
}

const CALLS_PER_MESSAGE = 64;
/** Of frames that wait for the other thread: what bounds their delay, too. */
const RING_BYTES = 1024 * 1024;
/** Then it is the network's turn. */
const PACKET_INS_PER_TURN = 256;

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Engine and AF_PACKET ports in a thread of their own; this is its end in the main thread. */
export class WorkerDataplane implements Dataplane {
  private readonly waiting = new Map<number, Waiting>();
  private next_id = 1;
  private listener: DataplaneListener | undefined;
  private observer: DataplaneObserver | undefined;
  private packet_outs_pending = false;
  /** Lost in the rings, and told. */
  private packet_ins_dropped = 0;
  private packet_outs_dropped = 0;
  private readonly packet_ins_lost = new LossLog((count) =>
    this.listener?.log('warn', `${count} packet-ins were dropped: the P4Runtime server does not keep up`),
  );
  private readonly packet_outs_lost = new LossLog((count) =>
    this.listener?.log('warn', `${count} packet-outs were dropped: the packet thread does not keep up`),
  );
  private failure: Error | undefined;
  private closing = false;
  /** What the packet thread said before anybody listened. */
  private notice: string | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly wakeup: Wakeup,
    private readonly engine_module: EngineModule,
    private readonly options: SwitchCoreOptions,
    private readonly packet_ins: FrameRing,
    private readonly packet_outs: FrameRing,
  ) {}

  /** Rejects with a PortError's message if a port cannot be opened; then no port is. */
  static async start(ports: PortSpec[], options: WorkerDataplaneOptions): Promise<WorkerDataplane> {
    const { engine_module, scheduling, coalesce_us, exec_argv, ...core_options } = options;
    const module = (await import(engine_module)) as EngineModule;
    const wakeup = Wakeup.create();
    const [packet_ins, packet_outs] = [FrameRing.create(RING_BYTES), FrameRing.create(RING_BYTES)];
    const setup: WorkerSetup = {
      ports,
      options: core_options,
      scheduling: scheduling ?? 'normal',
      coalesce_us: coalesce_us ?? COALESCE_US,
      engine_module,
      shared: wakeup.shared,
      wake_fd: wakeup.fd,
      packet_ins: packet_ins.shared,
      packet_outs: packet_outs.shared,
    };
    const worker = new Worker(join(__dirname, `packet_worker${extname(__filename)}`), {
      workerData: setup,
      ...(exec_argv === undefined ? {} : { execArgv: exec_argv }),
    });
    const dataplane = new WorkerDataplane(worker, wakeup, module, core_options, packet_ins, packet_outs);
    try {
      await dataplane.ready();
    } catch (error) {
      await worker.terminate();
      wakeup.close();
      throw error;
    }
    return dataplane;
  }

  verify(program: object): Promise<void> {
    return new Promise((resolve) =>
      resolve(verifyProgram(this.engine_module.createEngine, program, this.options)),
    );
  }

  async stage(program: object): Promise<void> {
    await this.request('stage', { program: this.prepare(program) });
  }

  commit(): Promise<void> {
    return this.request('commit', {});
  }

  async reconcile(program: object, setup: EngineCall[], names: CarriedNames): Promise<void> {
    await this.request('reconcile', { program: this.prepare(program), setup, names });
  }

  atomicBatch(calls: EngineCall[], at_once: boolean): Promise<EngineOutcome[]> {
    return this.request('atomic_batch', { calls, at_once });
  }

  async batch(calls: EngineCall[]): Promise<EngineOutcome[]> {
    // In pieces: the packet thread unpacks a message in one go, and frames wait meanwhile.
    const pieces = [];
    for (let start = 0, end; start === 0 || start < calls.length; start = end) {
      end = start + CALLS_PER_MESSAGE;
      while (calls[end]?.with_previous === true) end++;
      pieces.push(this.request('batch', { calls: calls.slice(start, end) }));
    }
    return (await Promise.all(pieces)).flat();
  }

  writeRows(rows: EntryRows): Promise<RowFailure[]> {
    return this.request('rows', { rows }, [rows.words.buffer as ArrayBuffer]);
  }

  packetOut(frame: Uint8Array): void {
    this.packet_outs.push(frame);
    if (this.packet_outs_pending) return;
    this.packet_outs_pending = true;
    // The other thread is woken once for those of one turn of the event loop.
    setImmediate(() => this.showPacketOuts());
  }

  listen(listener: DataplaneListener): void {
    this.listener = listener;
    if (this.notice !== undefined) listener.log('info', this.notice);
    this.notice = undefined;
  }

  ports(): Promise<PortReport[]> {
    return this.request('ports', {});
  }

  async counts(): Promise<DataplaneCounts> {
    const counts = await this.request('counts', {});
    return {
      ...counts,
      packet_ins_dropped: counts.packet_ins_dropped + this.packet_ins.dropped,
      packet_outs_dropped: this.packet_outs.dropped,
    };
  }

  instrument(call: InstrumentCall): Promise<void> {
    return this.request('instrument', { call });
  }

  addPort(port: number, interface_name: string): Promise<void> {
    return this.request('add_port', { port, interface_name });
  }

  removePort(port: number): Promise<void> {
    return this.request('remove_port', { port });
  }

  observe(observer: DataplaneObserver): void {
    this.observer = observer;
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.failure === undefined) await this.request('close', {});
    await this.worker.terminate();
    this.wakeup.close();
  }

  /** Most of the compilation happens here, so that packets hardly wait for it. */
  private prepare(program: object): object {
    return this.engine_module.prepareProgram?.(program, this.options) ?? program;
  }

  private ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.notice = message.notice;
          resolve();
        } else if (message.kind === 'failed') reject(this.fail(new Error(message.message)));
        else this.handle(message);
      });
      this.worker.on('error', (error) => reject(this.fail(error)));
      this.worker.on('exit', () => reject(this.fail(new Error('the packet thread has ended'))));
    });
  }

  /** The thread is gone: whoever waits, or asks later, hears why. */
  private fail(error: Error): Error {
    if (this.failure === undefined) {
      this.failure = error;
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
      if (!this.closing) this.listener?.failed(error);
    }
    return this.failure;
  }

  private handle(message: Exclude<FromWorker, { kind: 'ready' | 'failed' }>): void {
    switch (message.kind) {
      case 'done':
      case 'error': {
        const waiting = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.kind === 'error') {
          const { code } = message;
          waiting?.reject(
            code === undefined ? new Error(message.message) : new EngineError(code, message.message),
          );
        } else waiting?.resolve(message.value);
        return;
      }
      case 'packet_ins':
        this.takePacketIns();
        return;
      case 'digests':
        this.wakeup.addEventsInFlight(-message.messages.length);
        this.listener?.digests(message.messages);
        return;
      case 'idles':
        this.wakeup.addEventsInFlight(-message.messages.length);
        this.listener?.idles(message.messages);
        return;
      case 'traces':
        this.wakeup.addEventsInFlight(-message.traces.length);
        this.observer?.traces(message.traces);
        return;
      case 'captured':
        this.observer?.captured([message.chunk]);
        this.wakeup.addCapturedInFlight(-message.chunk.records.byteLength);
        return;
      case 'log':
        this.wakeup.addEventsInFlight(-1);
        this.listener?.log(message.level, message.message);
    }
  }

  private request<K extends Request['kind']>(
    kind: K,
    body: Omit<Extract<Request, { kind: K }>, 'kind' | 'id'>,
    transfer: ArrayBuffer[] = [],
  ): Promise<Answers[K]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.next_id++;
    this.showPacketOuts();
    return new Promise<Answers[K]>((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as Answers[K]), reject });
      this.post({ kind, id, ...body } as Extract<Request, { kind: K }>, transfer);
    });
  }

  /** Passes on the next packet-ins. Looks again after the network's turn, and is woken once it found none. */
  private takePacketIns(): void {
    const frames: Uint8Array[] = [];
    this.packet_ins.drain(PACKET_INS_PER_TURN, (frame) => frames.push(frame));
    this.packet_ins_lost.add(this.packet_ins.dropped - this.packet_ins_dropped);
    this.packet_ins_dropped = this.packet_ins.dropped;
    if (frames.length > 0) this.listener?.packetIns(frames);
    if (frames.length > 0 || !this.packet_ins.wait()) setImmediate(() => this.takePacketIns());
  }

  private showPacketOuts(): void {
    if (!this.packet_outs_pending) return;
    this.packet_outs_pending = false;
    this.packet_outs_lost.add(this.packet_outs.dropped - this.packet_outs_dropped);
    this.packet_outs_dropped = this.packet_outs.dropped;
    this.packet_outs.publish();
    this.wakeup.notify();
  }

  private post(message: Request, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
    this.wakeup.notify();
  }
}
