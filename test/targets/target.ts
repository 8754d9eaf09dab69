import type { Target } from '../../src/p4runtime';

/** A running P4Runtime target whose packet ports the test holds the other ends of. */
export interface RunningTarget {
  readonly address: Target;
  readonly cpu_port: number;
  /** Puts a frame on the wire towards the switch. */
  send(port: number, frame: Uint8Array): void;
  /** The next frame the switch sent out of `port`, or undefined after `timeout_ms`. */
  receive(port: number, timeout_ms: number): Promise<Uint8Array | undefined>;
  stop(): Promise<void>;
}

export interface TargetKind {
  readonly name: 'embedded' | 'embedded on veth' | 'bmv2';
  /** Why the target cannot be used here, undefined if it can. */
  readonly skipped: string | undefined;
  start(ports: readonly number[]): Promise<RunningTarget>;
}

/** Frames that have arrived on a port, and the one who waits for the next. */
export class FrameQueue {
  private readonly frames: Uint8Array[] = [];
  private waiting: ((frame: Uint8Array | undefined) => void) | undefined;

  push(frame: Uint8Array): void {
    if (this.waiting === undefined) {
      this.frames.push(frame);
    } else {
      this.waiting(frame);
    }
  }

  next(timeout_ms: number): Promise<Uint8Array | undefined> {
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => {
      const finish = (value: Uint8Array | undefined) => {
        clearTimeout(timer);
        this.waiting = undefined;
        resolve(value);
      };
      const timer = setTimeout(() => finish(undefined), timeout_ms);
      this.waiting = finish;
    });
  }
}
