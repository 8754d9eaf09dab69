import type { FaultCounts } from './faults';
import type { FrameHandler, Port, PortStats } from './port';
import { CapturedPort, DisabledPort, FaultyPort, type FrameTap, type PortFaults } from './wrappers';

/**
 * The ports of a switch and what is wrapped around each at the moment: faults at the wire, then whether it is
 * disabled, then the capture. A port without any of it is used bare.
 */
export class InstrumentedPorts {
  /** What the switch sends to, by number. */
  readonly active = new Map<number, Port>();
  private readonly bare = new Map<number, Port>();
  private readonly disabled = new Set<number>();
  /** Frames that were to leave by a disabled port. */
  private readonly dropped = new Map<number, { frames: number }>();
  private readonly captured = new Set<number>();
  private readonly faulty = new Map<number, FaultyPort>();

  constructor(
    ports: readonly Port[],
    private readonly clock: { readonly now_us: number },
    private readonly tap: FrameTap,
    private readonly receive: FrameHandler,
  ) {
    for (const port of ports) this.add(port);
  }

  /** Throws RangeError if there is a port of that number. */
  add(port: Port): void {
    const { number } = port;
    if (this.bare.has(number)) throw new RangeError(`there is a port ${number} already`);
    this.bare.set(number, port);
    this.dropped.set(number, { frames: 0 });
    this.rebuild(port);
  }

  /** Closes the port and forgets all about it. Throws RangeError if there is no such port. */
  remove(number: number): void {
    const port = this.port(number);
    for (const known of [this.bare, this.active, this.dropped, this.faulty, this.disabled, this.captured])
      known.delete(number);
    port.close();
  }

  /** Throws RangeError if there is no such port. */
  setEnabled(number: number, enabled: boolean): void {
    const port = this.port(number);
    if (enabled) this.disabled.delete(number);
    else this.disabled.add(number);
    this.rebuild(port);
  }

  setCaptured(number: number, captured: boolean): void {
    const port = this.port(number);
    if (captured) this.captured.add(number);
    else this.captured.delete(number);
    this.rebuild(port);
  }

  /** undefined: none. Frames held by the faults there were are gone. */
  setFaults(number: number, faults: PortFaults | undefined): void {
    const port = this.port(number);
    if (faults === undefined) this.faulty.delete(number);
    else this.faulty.set(number, new FaultyPort(port, faults, this.clock));
    this.rebuild(port);
  }

  stats(number: number): PortStats {
    const stats = this.port(number).stats();
    return { ...stats, tx_dropped: stats.tx_dropped + (this.dropped.get(number)?.frames ?? 0) };
  }

  faultCounts(number: number): FaultCounts | undefined {
    const faulty = this.faulty.get(number);
    return faulty === undefined ? undefined : { ...faulty.counts };
  }

  isCaptured(number: number): boolean {
    return this.captured.has(number);
  }

  isEnabled(number: number): boolean {
    return !this.disabled.has(number);
  }

  /** When the next frame that faults hold is due; Infinity if none is. */
  get due_us(): number {
    let due_us = Infinity;
    for (const port of this.faulty.values()) due_us = Math.min(due_us, port.due_us);
    return due_us;
  }

  /** Lets go of what faults have held for long enough. */
  release(): void {
    for (const port of this.faulty.values()) port.release();
  }

  private rebuild(bare: Port): void {
    const { number } = bare;
    let port: Port = this.faulty.get(number) ?? bare;
    if (this.disabled.has(number)) port = new DisabledPort(port, this.dropped.get(number) ?? { frames: 0 });
    if (this.captured.has(number)) port = new CapturedPort(port, this.tap);
    port.onReceive(this.receive);
    this.active.set(number, port);
  }

  private port(number: number): Port {
    const port = this.bare.get(number);
    if (port === undefined) throw new RangeError(`there is no port ${number}`);
    return port;
  }
}
