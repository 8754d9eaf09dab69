import type { Engine, EngineDrop, EngineEvents, EngineOptions } from '../engine';
import { CaptureBuffer, type CaptureChunk } from '../ports/capture';
import { InstrumentedPorts } from '../ports/instruments';
import type { FrameHandler, Port } from '../ports/port';
import type { PacketTrace, TraceFilter } from '../trace/trace';
import type {
  DataplaneCounts,
  DataplaneListener,
  DataplaneObserver,
  DigestMessage,
  IdleMessage,
  InstrumentCall,
  PortReport,
} from './dataplane';
import { carryOver, type CarriedNames } from './carry_over';
import { runEngineCall, type EngineCall, type EngineFactory } from './engine_calls';

export interface SwitchCoreOptions extends EngineOptions {
  /** Frames sent here become packet-ins, packet-outs arrive here. undefined: there is no CPU port. */
  cpu_port?: number;
  /** What to add to the clock for microseconds since 1970, for captures. Default: the clock is performance.now(). */
  epoch_us?: number;
}

/** Frames waiting because they arrived while another was being processed (memory ports wired to each other). */
const NESTED_FRAMES_MAX = 4096;
/** Reports waiting for `deliver`; beyond these they are dropped and counted. */
const EVENTS_MAX = 4096;
/** Idle notifications are never dropped: entries without room for theirs stay due. One takes as long as a few frames. */
const IDLES_MAX = 128;
const IDLES_PER_TURN = 16;

const DROP_COUNTS: Record<EngineDrop, keyof DataplaneCounts> = {
  queue: 'copies_dropped',
  passes: 'passes_exceeded',
  length: 'frames_too_long',
  fault: 'engine_faults',
};

/** Engine and ports wired together, in one thread. Knows nothing of threads, gRPC or P4Info. */
export class SwitchCore {
  readonly counts: DataplaneCounts = {
    no_program: 0,
    unknown_port: 0,
    copies_dropped: 0,
    passes_exceeded: 0,
    frames_too_long: 0,
    events_dropped: 0,
    packet_ins_dropped: 0,
    packet_outs_dropped: 0,
    engine_faults: 0,
    log_dropped: 0,
    capture_dropped: 0,
  };
  private readonly instrumented: InstrumentedPorts;
  /** By number, with what is wrapped around them at the moment. */
  private readonly ports: Map<number, Port>;
  private readonly clock = { now_us: 0 };
  private readonly capture: CaptureBuffer;
  private readonly cpu_port: number;
  private engine_loaded: Engine | undefined;
  private engine_staged: Engine | undefined;
  private busy = false;
  private nested: { port: number; frame: Uint8Array }[] = [];
  private packet_ins: Uint8Array[] = [];
  private digests: DigestMessage[] = [];
  private idles: IdleMessage[] = [];
  /** Of IDLES_PER_TURN; and whether an entry is due beyond. */
  private idles_left = 0;
  private is_idle_due = false;
  /** The running engine does not know yet of all that packets have done. */
  private is_carrying = false;
  private traces: PacketTrace[] = [];
  private chunks: CaptureChunk[] = [];
  private trace_filter: TraceFilter | undefined;

  constructor(
    private readonly create_engine: EngineFactory,
    ports: Port[],
    private readonly options: SwitchCoreOptions,
    private readonly log: DataplaneListener['log'],
    /** Takes the frames of ports; default: `receive`. */
    handler?: FrameHandler,
  ) {
    this.cpu_port = options.cpu_port ?? -1;
    for (const port of ports) this.checkPort(port);
    const epoch_us = options.epoch_us ?? (Date.now() - performance.now()) * 1000;
    this.capture = new CaptureBuffer(this.clock, epoch_us, (chunk) => this.chunks.push(chunk));
    this.instrumented = new InstrumentedPorts(
      ports,
      this.clock,
      this.capture,
      handler ?? ((number, buffer, start, end) => this.receive(number, buffer, start, end)),
    );
    this.ports = this.instrumented.active;
  }

  /** Whether packets have a program to go through. */
  get hasProgram(): boolean {
    return this.engine_loaded !== undefined;
  }

  /** The engine that control calls go to: the staged one if there is one. */
  get controlled(): Engine | undefined {
    return this.engine_staged ?? this.engine_loaded;
  }

  /** Compiles a program beside the running one; throws, and changes nothing, if it does not compile. */
  stage(program: object): void {
    this.engine_staged = this.create(program);
  }

  /** Dataplane.reconcile, in steps between which packets may be served. */
  *reconcile(program: object, setup: EngineCall[], names: CarriedNames): Generator<undefined, void> {
    const engine = this.create(program);
    for (const call of setup) {
      const outcome = runEngineCall(engine, call);
      if (!outcome.ok) throw new Error(outcome.message);
    }
    if (this.engine_loaded === undefined) {
      this.engine_loaded = engine;
      this.engine_staged = undefined;
      return;
    }
    const carried = yield* carryOver(this.engine_loaded, engine, names);
    // Between these lines no packet is served.
    carried.copyRegisters();
    this.engine_loaded = engine;
    this.engine_staged = undefined;
    this.is_carrying = true;
    try {
      yield* carried.addCounts();
    } finally {
      this.is_carrying = false;
    }
  }

  /** Packets go to the staged program from now on. */
  commit(): void {
    if (this.engine_staged === undefined) throw new Error('no program is staged');
    this.engine_loaded = this.engine_staged;
    this.engine_staged = undefined;
  }

  /** The time that frames and entries get from now on, in microseconds since any fixed start. */
  setTime(now_us: number): void {
    this.clock.now_us = now_us;
  }

  tick(): void {
    this.tellPortStates();
    this.reportIdle();
    this.capture.flush();
  }

  /** Whether there is more to do for `reportIdle` at once. */
  get hasIdleDue(): boolean {
    return this.is_idle_due && this.idles.length < IDLES_MAX;
  }

  /** Some of the notifications of entries that are idle. */
  reportIdle(): void {
    this.is_idle_due = false;
    // An entry that was hit in the engine before this one is not idle.
    if (this.is_carrying) return;
    this.idles_left = IDLES_PER_TURN;
    this.engine_loaded?.tick(this.clock.now_us);
  }

  /** One frame, to its end. */
  receive(port: number, buffer: Uint8Array, start: number, end: number): void {
    if (this.busy) {
      if (this.nested.length < NESTED_FRAMES_MAX) this.nested.push({ port, frame: buffer.slice(start, end) });
      else this.counts.events_dropped++;
      return;
    }
    this.process(port, buffer, start, end);
    if (this.nested.length > 0) this.processNested();
  }

  /** Engine.runCopies of the program that packets go through. */
  runCopies(turns_max: number): boolean {
    if (this.engine_loaded === undefined) return false;
    let wait = false;
    this.busy = true;
    try {
      wait = this.engine_loaded.runCopies(this.clock.now_us, turns_max);
    } catch (error) {
      this.fault('a copy of a frame', error);
    }
    this.busy = false;
    if (this.nested.length > 0) this.processNested();
    return wait;
  }

  /** A packet-out, its header in front. */
  packetOut(frame: Uint8Array): void {
    this.receive(this.cpu_port, frame, 0, frame.length);
  }

  /** When frames that a port's faults hold back are due, in the time of `setTime`; Infinity: none are held. */
  get due_us(): number {
    return this.instrumented.due_us;
  }

  /** Lets go of frames that are due. */
  release(): void {
    this.instrumented.release();
  }

  flush(): void {
    for (const port of this.ports.values()) port.flush();
  }

  /** Hands over what was reported since the last call. Idle notifications wait while there is no room for them. */
  deliver(
    listener: Pick<DataplaneListener, 'packetIns' | 'digests' | 'idles'>,
    hasRoom?: (idles: number) => boolean,
  ): void {
    if (this.packet_ins.length > 0) listener.packetIns(this.packet_ins.splice(0));
    if (this.digests.length > 0) listener.digests(this.digests.splice(0));
    // While more are to come they leave in few messages.
    if (this.idles.length === 0 || this.hasIdleDue) return;
    if (hasRoom?.(this.idles.length) !== false) listener.idles(this.idles.splice(0));
  }

  /** Throws RangeError if its number is another port's. */
  addPort(port: Port): void {
    this.checkPort(port);
    this.instrumented.add(port);
    this.tellPortStates();
  }

  /** The port is closed; for the program it is down. Throws RangeError if there is no such port. */
  removePort(number: number): void {
    this.capture.flush();
    this.instrumented.remove(number);
    this.engine_loaded?.setPortUp(number, false);
    this.engine_staged?.setPortUp(number, false);
  }

  portReports(): PortReport[] {
    return [...this.ports.values()].map((port) => ({
      number: port.number,
      name: port.name,
      up: port.up,
      enabled: this.instrumented.isEnabled(port.number),
      captured: this.instrumented.isCaptured(port.number),
      stats: this.instrumented.stats(port.number),
      faults: this.instrumented.faultCounts(port.number),
    }));
  }

  /** What an operator asks of ports and traces. Throws RangeError for a port that does not exist, or wrong faults. */
  instrument(call: InstrumentCall): void {
    switch (call.set) {
      case 'enabled':
        this.instrumented.setEnabled(call.port, call.enabled);
        this.tellPortStates();
        return;
      case 'captured':
        this.instrumented.setCaptured(call.port, call.captured);
        if (!call.captured) this.capture.flush();
        return;
      case 'faults':
        this.instrumented.setFaults(call.port, call.faults);
        return;
      case 'trace':
        this.trace_filter = call.filter;
        this.engine_loaded?.setTrace(call.filter);
        this.engine_staged?.setTrace(call.filter);
    }
  }

  /** Hands over what an observer wants to see. */
  deliverObserved(observer: DataplaneObserver): void {
    if (this.traces.length > 0) observer.traces(this.traces.splice(0));
    if (this.chunks.length > 0) observer.captured(this.chunks.splice(0));
  }

  /** What captures hold is to be delivered. */
  flushCapture(): void {
    this.capture.flush();
  }

  close(): void {
    this.capture.flush();
    for (const port of this.ports.values()) port.close();
  }

  private create(program: object): Engine {
    const engine = this.create_engine(program, this.engineEvents(), this.options);
    for (const { number, up } of this.ports.values()) engine.setPortUp(number, up);
    if (this.trace_filter !== undefined) engine.setTrace(this.trace_filter);
    // Entries written before the first packet are not idle since the clock's start.
    engine.tick(this.clock.now_us);
    return engine;
  }

  private checkPort({ number }: Port): void {
    if (number === this.options.cpu_port) throw new RangeError(`port ${number} is the CPU port`);
  }

  private tellPortStates(): void {
    for (const { number, up } of this.ports.values()) {
      this.engine_loaded?.setPortUp(number, up);
      this.engine_staged?.setPortUp(number, up);
    }
  }

  private process(port: number, buffer: Uint8Array, start: number, end: number): void {
    if (this.engine_loaded === undefined) {
      this.counts.no_program++;
      return;
    }
    this.busy = true;
    try {
      this.engine_loaded.receive(port, buffer, this.clock.now_us, start, end);
    } catch (error) {
      this.fault(`a frame from port ${port}`, error);
    }
    this.busy = false;
  }

  /** The engine promises not to throw; should it, one frame is lost and not the switch. */
  private fault(what: string, error: unknown): void {
    this.counts.engine_faults++;
    if (this.counts.engine_faults === 1) this.log('error', `${what} failed in the engine: ${String(error)}`);
  }

  private processNested(): void {
    // A loop of wired ports ends at the bound of one round: what it makes while it runs is not waited for for ever.
    for (let rounds = 0; this.nested.length > 0; rounds++) {
      const frames = this.nested.splice(0);
      if (rounds === NESTED_FRAMES_MAX) {
        this.counts.events_dropped += frames.length;
        return;
      }
      for (const { port, frame } of frames) this.process(port, frame, 0, frame.length);
    }
  }

  private engineEvents(): EngineEvents {
    return {
      send: (port, buffer, start, end) => this.send(port, buffer, start, end),
      digest: (name, fields) => this.enqueue(this.digests, { name, fields: fields.slice() }),
      idle: (table, entry) => this.takeIdle({ table, entry }),
      log: (level, message) => this.log(level, message),
      dropped: (reason, packets) => (this.counts[DROP_COUNTS[reason]] += packets),
      trace: (trace) => this.enqueue(this.traces, this.judged(trace)),
    };
  }

  private send(port: number, buffer: Uint8Array, start: number, end: number): void {
    const target = this.ports.get(port);
    if (target !== undefined) target.transmit(buffer, start, end);
    else if (port === this.cpu_port) this.punt(buffer, start, end);
    else this.counts.unknown_port++;
  }

  /** Whether the ports a packet was sent to took it is not the engine's to know. */
  private judged(trace: PacketTrace): PacketTrace {
    const steps = trace.steps.flatMap((step): PacketTrace['steps'] => {
      if (step.step !== 'send' || step.port === this.cpu_port) return [step];
      const port = this.ports.get(step.port);
      if (port?.up === true) return [step];
      const detail = `port ${step.port} ${port === undefined ? 'does not exist' : 'is down'}`;
      return [step, { step: 'drop', reason: 'port', detail }];
    });
    return { ...trace, steps };
  }

  private punt(buffer: Uint8Array, start: number, end: number): void {
    if (this.packet_ins.length < EVENTS_MAX) this.packet_ins.push(buffer.slice(start, end));
    else this.counts.packet_ins_dropped++;
  }

  private takeIdle(message: IdleMessage): boolean {
    if (this.idles_left === 0 || this.idles.length >= IDLES_MAX) {
      this.is_idle_due = true;
      return false;
    }
    this.idles_left--;
    this.idles.push(message);
    return true;
  }

  private enqueue<T>(queue: T[], event: T): void {
    if (queue.length < EVENTS_MAX) queue.push(event);
    else this.counts.events_dropped++;
  }
}
