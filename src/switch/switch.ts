import { EventEmitter } from 'node:events';
import type { Engine } from './engine';
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
    target.inject(frame);
  }

  /** Looks at idle timeouts, by the clock given. */
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
    return this.server.address;
  }

  async close(): Promise<void> {
    await this.server?.close();
    await this.in_process.close();
  }
}
