import type { Stages } from '../compile/compile';
import type { PacketTrace } from '../trace/trace';
import type { Tracer } from '../trace/tracer';

/** The trace of a frame whose copies wait, and what goes on with it. */
export interface ParkedTrace {
  tracer: Tracer;
  stages: Stages;
  trace: PacketTrace;
}

/** A received frame, for all copies that come of it. */
export class Origin {
  /** That received it. */
  port = 0;
  /** Copies that wait. */
  waiting = 0;
  /** Copies that had their turn. */
  passes = 0;
  /** Whether the log has been told that copies of it were dropped. */
  told = false;
  /** Present while the frame is traced and none of its copies is in hand. */
  parked: ParkedTrace | undefined;

  reset(port: number): void {
    this.port = port;
    this.waiting = 0;
    this.passes = 0;
    this.told = false;
    this.parked = undefined;
  }
}
