import { EventEmitter } from 'node:events';
import type { Engine } from './engine';
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

interface SwitchEventMap {
  /** A frame left by a port; the bytes are the listener's. */
  frame: [port: number, frame: Uint8Array];
}

/**
 * A switch in this process, without root: frames in by `inject`, frames out by `on('frame')`, both at once.
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

  /** Throws ProgramError for a program that cannot run. */
  constructor(options: SwitchOptions) {
    super();
    for (const number of options.ports) {
      const port = new MemoryPort(number);
      port.onTransmit((out, frame) => this.emit('frame', out, frame));
      this.ports.set(number, port);
    }
    this.in_process = new InProcessDataplane(createEngine, [...this.ports.values()], options);
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

  /** A frame arrives at a port; all that follows from it has happened when this returns. */
  inject(port: number, frame: Uint8Array): void {
    const target = this.ports.get(port);
    if (target === undefined) throw new RangeError(`there is no port ${port}`);
    this.in_process.updateTime();
    target.inject(frame);
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
    this.in_process.tick();
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

  async close(): Promise<void> {
    await this.server?.close();
    await this.in_process.close();
    this.control.close();
  }
}
