import { EventEmitter } from 'node:events';
import type { Engine, TableEntryState } from './engine';
import { SwitchControl } from './control/switch_control';
import { MemoryPort } from './ports/memory';
import type { Dataplane } from './worker/dataplane';
import { InProcessDataplane } from './worker/in_process';
import type { SwitchCoreOptions } from './worker/switch_core';
import { createEngine } from './v1model/engine';
import { startServer, type RunningServer } from './server/server';

export interface SwitchOptions extends SwitchCoreOptions {
  /** p4c's BMv2 JSON, parsed. */
  program?: object;
  /** Numbers of the ports there are. */
  ports: number[];
  /** A clock the caller drives, in microseconds; call `tick` after moving it. Default: the real one. */
  now_us?: () => number;
}

export interface SwitchEventMap {
  /** A frame left by a port; the bytes are the listener's. */
  frame: [port: number, frame: Uint8Array];
  /** A frame for the controller, as the program sent it to the CPU port: its packet-in header in front. */
  packet_in: [frame: Uint8Array];
  /** A digest the program sent: its name and its fields, in the order of its struct. */
  digest: [name: string, fields: bigint[]];
  /** An entry has not been hit for its idle timeout. */
  idle: [table: string, entry: TableEntryState];
  /** What the program says (log_msg, an assertion that failed) and what the switch says of frames it drops. */
  log: [level: 'info' | 'warn' | 'error', message: string];
}

/** Rounds of frames that listeners inject while they are told of others: ports wired in a loop end there. */
const ROUNDS_MAX = 4096;
/** What listeners bring about while they are told of something and have yet to be told; what is more is dropped. */
const NESTED_MAX = 16384;

/**
 * A switch in this process, without root: frames in by `inject`, frames out by `on('frame')`, both at once.
 *
 * Listeners are told when all that follows from a frame has happened. What they throw, `inject` and `tick` throw, after
 * the rest has been told; so an assertion in a listener fails the test that injected the frame. Of
 * frames that others bring (a controller's packet-outs, frames that faults held back) it is an uncaught exception. Frames that
 * listeners inject are processed at once, and told of after those before them.
 *
 *     const s = new Switch({ ports: [1, 2], program });
 *     s.on('frame', (port, frame) => ...);
 *     s.inject(1, frame);
 */
export class Switch extends EventEmitter<SwitchEventMap> {
  readonly ports = new Map<number, MemoryPort>();
  private readonly in_process: InProcessDataplane;
  /** Ports up and down, faults, captures and traces, as an operator has them. */
  readonly control: SwitchControl;
  private server: RunningServer | undefined;
  /** What listeners are to be told, in the order it happened. */
  private untold: (() => void)[] = [];
  private telling = false;
  /** Within `inject` or `tick`, whose caller is to have what listeners throw. */
  private called = false;

  /** Throws ProgramError for a program that cannot run. */
  constructor(options: SwitchOptions) {
    super();
    for (const number of options.ports) {
      const port = new MemoryPort(number);
      port.onTransmit((out, frame) => this.later(() => this.emit('frame', out, frame)));
      this.ports.set(number, port);
    }
    this.in_process = new InProcessDataplane(createEngine, [...this.ports.values()], options);
    this.in_process.setOwner({
      packetIns: (frames) => frames.forEach((frame) => this.later(() => this.emit('packet_in', frame))),
      digests: (messages) =>
        messages.forEach(({ name, fields }) => this.later(() => this.emit('digest', name, fields))),
      idles: (messages) =>
        messages.forEach(({ table, entry }) => this.later(() => this.emit('idle', table, entry))),
      log: (level, message) => this.later(() => this.emit('log', level, message)),
      settled: () => this.tell(),
    });
    this.control = new SwitchControl(this.in_process, () => undefined);
    if (options.program !== undefined) this.in_process.loadNow(options.program);
  }

  /** The engine itself, for entries and counters by name. Throws if no program is loaded. */
  get engine(): Engine {
    return this.in_process.engineNow();
  }

  get dataplane(): Dataplane {
    return this.in_process;
  }

  /** A frame arrives at a port; all that follows from it has happened when this returns. Throws what listeners throw. */
  inject(port: number, frame: Uint8Array): void {
    const target = this.ports.get(port);
    if (target === undefined) throw new RangeError(`there is no port ${port}`);
    this.asked(() => {
      this.in_process.updateTime();
      target.inject(frame);
    });
  }

  /** `inject`, and what left the switch because of it, in order. */
  exchange(port: number, frame: Uint8Array): { port: number; frame: Uint8Array }[] {
    const left: { port: number; frame: Uint8Array }[] = [];
    const collect = (out: number, sent: Uint8Array): unknown => left.push({ port: out, frame: sent });
    this.on('frame', collect);
    try {
      this.inject(port, frame);
    } finally {
      this.off('frame', collect);
    }
    return left;
  }

  /** Looks at idle timeouts and at frames that faults hold back, by the clock given. */
  tick(): void {
    this.asked(() => this.in_process.tick());
  }

  /** Serves P4Runtime on `address` (`host:port`); resolves to the address bound. */
  async listen(address: string, device_id = 0n): Promise<string> {
    this.server = await startServer(address, {
      device_id,
      dataplane: this.in_process,
      log: () => undefined,
      failed: () => undefined,
    });
    this.control.server = this.server.service;
    return this.server.address;
  }

  private asked(work: () => void): void {
    const outer = this.called;
    this.called = true;
    try {
      work();
    } finally {
      this.called = outer;
    }
  }

  private later(emit: () => void): void {
    if (this.telling && this.untold.length >= NESTED_MAX) this.in_process.countDropped(1);
    else this.untold.push(emit);
  }

  /** Tells listeners what has happened, and what they bring about by it. */
  private tell(): void {
    if (this.telling) return;
    this.telling = true;
    const errors: unknown[] = [];
    for (let rounds = 0; this.untold.length > 0; rounds++) {
      const untold = this.untold.splice(0);
      if (rounds === ROUNDS_MAX) {
        this.in_process.countDropped(untold.length);
        break;
      }
      for (const emit of untold) {
        try {
          emit();
        } catch (error) {
          errors.push(error);
        }
      }
    }
    this.telling = false;
    if (errors.length === 0) return;
    if (this.called) throw errors[0];
    // The server is not to report it to the controller whose packet-out it was.
    queueMicrotask(() => {
      throw errors[0];
    });
  }

  async close(): Promise<void> {
    await this.server?.close();
    await this.in_process.close();
    this.control.close();
  }
}
