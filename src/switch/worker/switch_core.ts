import type { Engine, EngineEvents, EngineOptions, TableEntryState } from '../engine';
import type { Port } from '../ports/port';
import type { DataplaneCounts, DataplaneListener, DigestMessage, IdleMessage, PortReport } from './dataplane';
import { carryOver, type CarriedNames } from './carry_over';
import { runEngineCall, type EngineCall, type EngineFactory } from './engine_calls';

export interface SwitchCoreOptions extends EngineOptions {
  /** Frames sent here become packet-ins, packet-outs arrive here. undefined: there is no CPU port. */
  cpu_port?: number;
}

/** Frames waiting because they arrived while another was being processed (memory ports wired to each other). */
const NESTED_FRAMES_MAX = 4096;
/** Reports waiting for `deliver`; beyond these they are dropped and counted. */
const EVENTS_MAX = 4096;

/** Engine and ports wired together, in one thread. Knows nothing of threads, gRPC or P4Info. */
export class SwitchCore {
  readonly counts: DataplaneCounts = { no_program: 0, unknown_port: 0, events_dropped: 0, engine_faults: 0 };
  private readonly ports = new Map<number, Port>();
  private readonly cpu_port: number;
  private engine_loaded: Engine | undefined;
  private engine_staged: Engine | undefined;
  private now_us = 0;
  private busy = false;
  private nested: { port: number; frame: Uint8Array }[] = [];
  private packet_ins: Uint8Array[] = [];
  private digests: DigestMessage[] = [];
  private idles: IdleMessage[] = [];

  constructor(
    private readonly create_engine: EngineFactory,
    ports: Port[],
    private readonly options: SwitchCoreOptions,
    private readonly log: DataplaneListener['log'],
  ) {
    this.cpu_port = options.cpu_port ?? -1;
    for (const port of ports) {
      if (this.ports.has(port.number)) throw new Error(`port ${port.number} is given twice`);
      if (port.number === options.cpu_port) throw new Error(`port ${port.number} is the CPU port`);
      this.ports.set(port.number, port);
      port.onReceive((number, buffer, start, end) => this.receive(number, buffer, start, end));
    }
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
    if (this.engine_loaded !== undefined) yield* carryOver(this.engine_loaded, engine, names);
    this.engine_loaded = engine;
    this.engine_staged = undefined;
  }

  /** Packets go to the staged program from now on. */
  commit(): void {
    if (this.engine_staged === undefined) throw new Error('no program is staged');
    this.engine_loaded = this.engine_staged;
    this.engine_staged = undefined;
  }

  /** The time that frames and entries get from now on, in microseconds since any fixed start. */
  setTime(now_us: number): void {
    this.now_us = now_us;
  }

  tick(): void {
    for (const { number, up } of this.ports.values()) {
      this.engine_loaded?.setPortUp(number, up);
      this.engine_staged?.setPortUp(number, up);
    }
    this.engine_loaded?.tick(this.now_us);
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

  /** A packet-out, its header in front. */
  packetOut(frame: Uint8Array): void {
    this.receive(this.cpu_port, frame, 0, frame.length);
  }

  flush(): void {
    for (const port of this.ports.values()) port.flush();
  }

  /** Hands over what was reported since the last call. */
  deliver(listener: Pick<DataplaneListener, 'packetIns' | 'digests' | 'idles'>): void {
    if (this.packet_ins.length > 0) listener.packetIns(this.packet_ins.splice(0));
    if (this.digests.length > 0) listener.digests(this.digests.splice(0));
    if (this.idles.length > 0) listener.idles(this.idles.splice(0));
  }

  portReports(): PortReport[] {
    return [...this.ports.values()].map((port) => ({
      number: port.number,
      name: port.name,
      up: port.up,
      stats: port.stats(),
    }));
  }

  close(): void {
    for (const port of this.ports.values()) port.close();
  }

  private create(program: object): Engine {
    const engine = this.create_engine(program, this.engineEvents(), this.options);
    for (const { number, up } of this.ports.values()) engine.setPortUp(number, up);
    // Entries written before the first packet are not idle since the clock's start.
    engine.tick(this.now_us);
    return engine;
  }

  private process(port: number, buffer: Uint8Array, start: number, end: number): void {
    if (this.engine_loaded === undefined) {
      this.counts.no_program++;
      return;
    }
    this.busy = true;
    try {
      this.engine_loaded.receive(port, buffer, this.now_us, start, end);
    } catch (error) {
      // The engine promises not to throw; should it, one frame is lost and not the switch.
      this.counts.engine_faults++;
      if (this.counts.engine_faults === 1) {
        this.log('error', `a frame from port ${port} failed in the engine: ${String(error)}`);
      }
    }
    this.busy = false;
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
      idle: (table: string, entry: TableEntryState) => this.enqueue(this.idles, { table, entry }),
      log: (level, message) => this.log(level, message),
    };
  }

  private send(port: number, buffer: Uint8Array, start: number, end: number): void {
    const target = this.ports.get(port);
    if (target !== undefined) target.transmit(buffer, start, end);
    else if (port === this.cpu_port) this.enqueue(this.packet_ins, buffer.slice(start, end));
    else this.counts.unknown_port++;
  }

  private enqueue<T>(queue: T[], event: T): void {
    if (queue.length < EVENTS_MAX) queue.push(event);
    else this.counts.events_dropped++;
  }
}
