import type { PollablePort } from '../ports/port';
import type { Coalescing } from './coalescing';
import type { LinkLog } from './link_log';
import { PortWaits } from './port_waits';
import type { SwitchCore } from './switch_core';
import type { ThreadScheduling } from './thread_scheduling';
import type { Wakeup } from './wakeup';

/** Frames taken from one port before the next port's turn. */
const BATCH_FRAMES = 64;
/** Clones, replicas and recirculated packets that have their turn between two batches from the ports. */
const COPIES_PER_TURN = 512;
const TICK_INTERVAL_US = 100_000;
const MAINTAIN_INTERVAL_US = 1_000_000;

/** What the loop does between batches besides packets: bounded work for the other thread. */
export interface LoopControl {
  /** A bounded slice of work; whether there was any. `is_pending`: messages may be waiting. */
  work(is_pending: boolean): boolean;
  /** After each turn: passes on what the switch reported. */
  deliver(): void;
  readonly stopped: boolean;
}

/**
 * The packet thread's endless turn: a batch from every port, send, a slice of control work; sleep when a
 * whole turn found nothing. Nothing is allocated for a packet here.
 */
export class PacketLoop {
  private readonly waits: PortWaits;

  constructor(
    private readonly core: SwitchCore,
    /** May change between turns: in `control.work`. */
    private readonly ports: readonly PollablePort[],
    private readonly wakeup: Wakeup,
    private readonly control: LoopControl,
    private readonly scheduling: ThreadScheduling,
    private readonly coalescing: Coalescing,
    private readonly link_log: LinkLog,
  ) {
    this.waits = new PortWaits(ports, wakeup.fd);
  }

  /** Until it is stopped; once only. */
  run(): void {
    try {
      this.turns();
    } finally {
      // Threads share the process's descriptors: that this one ends closes none.
      this.waits.close();
    }
  }

  private turns(): void {
    const { core, ports, control, wakeup, scheduling, link_log } = this;
    let next_tick_us = 0;
    let next_maintain_us = 0;
    let was_idle = false;
    while (!control.stopped) {
      const now_us = performance.now() * 1000;
      core.setTime(now_us);
      scheduling.turn(now_us, was_idle);
      const copies_wait = core.runCopies(COPIES_PER_TURN);
      let frames = 0;
      for (const port of ports) frames += port.receiveBatch(BATCH_FRAMES);
      const has_worked = control.work(wakeup.takePending());
      if (now_us >= next_tick_us) {
        core.tick();
        next_tick_us = now_us + TICK_INTERVAL_US;
      } else if (core.hasIdleDue) {
        core.reportIdle();
      }
      if (now_us >= next_maintain_us) {
        for (const port of ports) port.maintain();
        this.waits.refresh();
        link_log.look(ports);
        next_maintain_us = now_us + MAINTAIN_INTERVAL_US;
      }
      if (core.due_us <= now_us) core.release();
      core.flush();
      control.deliver();
      was_idle = frames === 0 && !has_worked && !copies_wait && !core.hasIdleDue;
      if (was_idle) this.sleep(Math.min(next_tick_us, core.due_us) - now_us);
    }
  }

  private sleep(longest_us: number): void {
    const { wakeup } = this;
    if (!wakeup.beginSleep()) return;
    const end = this.waits.wait(Math.max(1, Math.ceil(longest_us / 1000)));
    if (end !== 'timeout') this.coalescing.await(performance.now() * 1000);
    wakeup.endSleep(end === 'called');
  }
}
