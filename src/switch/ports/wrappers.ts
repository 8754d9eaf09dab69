import { emptyFaultCounts, FaultInjector, type FaultCounts, type FaultSettings } from './faults';
import type { FrameHandler, Port, PortStats } from './port';

/** A port around another that changes what it chooses to; the rest goes through. */
class WrappedPort implements Port {
  constructor(protected readonly inner: Port) {}

  get number(): number {
    return this.inner.number;
  }

  get name(): string {
    return this.inner.name;
  }

  get up(): boolean {
    return this.inner.up;
  }

  onReceive(handler: FrameHandler): void {
    this.inner.onReceive(handler);
  }

  transmit(buffer: Uint8Array, start: number, end: number): void {
    this.inner.transmit(buffer, start, end);
  }

  flush(): void {
    this.inner.flush();
  }

  stats(): PortStats {
    return this.inner.stats();
  }

  close(): void {
    this.inner.close();
  }
}

/** A port that an operator has taken down: frames neither come nor go. The interface itself is not touched. */
export class DisabledPort extends WrappedPort {
  constructor(
    inner: Port,
    private readonly dropped: { frames: number },
  ) {
    super(inner);
  }

  override get up(): boolean {
    return false;
  }

  override onReceive(): void {
    this.inner.onReceive(() => undefined);
  }

  override transmit(): void {
    this.dropped.frames++;
  }
}

export interface PortFaults {
  /** Of frames that arrive. */
  in?: FaultSettings | undefined;
  /** Of frames that leave. */
  out?: FaultSettings | undefined;
}

/** With one seed for both directions, what leaves must not have the luck of what arrives. */
const OUTGOING_SEED = 0x5bd1e995;

/** A port whose frames are lost, doubled, reordered, damaged or late, by a seed. Held frames need `release`. */
export class FaultyPort extends WrappedPort {
  readonly counts: FaultCounts = emptyFaultCounts();
  private readonly incoming: FaultInjector | undefined;
  private readonly outgoing: FaultInjector | undefined;
  private handler: FrameHandler = () => undefined;

  /** Throws RangeError for settings that cannot be. */
  constructor(inner: Port, faults: PortFaults, clock: { readonly now_us: number }) {
    super(inner);
    const unknown = Object.keys(faults).find((name) => name !== 'in' && name !== 'out');
    if (unknown !== undefined) throw new RangeError(`${unknown}: in or out is expected`);
    const receive = (buffer: Uint8Array, start: number, end: number): void =>
      this.handler(this.number, buffer, start, end);
    const transmit = (buffer: Uint8Array, start: number, end: number): void =>
      inner.transmit(buffer, start, end);
    if (faults.in !== undefined) this.incoming = new FaultInjector(faults.in, this.counts, clock, receive);
    if (faults.out !== undefined) {
      const settings = { ...faults.out, seed: faults.out.seed ^ OUTGOING_SEED };
      this.outgoing = new FaultInjector(settings, this.counts, clock, transmit);
    }
  }

  get due_us(): number {
    return Math.min(this.incoming?.due_us ?? Infinity, this.outgoing?.due_us ?? Infinity);
  }

  release(): void {
    this.incoming?.release();
    this.outgoing?.release();
  }

  override onReceive(handler: FrameHandler): void {
    this.handler = handler;
    const { incoming } = this;
    this.inner.onReceive(
      incoming === undefined ? handler : (_port, buffer, start, end) => incoming.take(buffer, start, end),
    );
  }

  override transmit(buffer: Uint8Array, start: number, end: number): void {
    if (this.outgoing === undefined) this.inner.transmit(buffer, start, end);
    else this.outgoing.take(buffer, start, end);
  }
}

/** Takes copies of frames; `in` arrived at the switch, `out` left it. */
export interface FrameTap {
  frame(port: number, direction: 'in' | 'out', buffer: Uint8Array, start: number, end: number): void;
}

/**
 * A port whose frames are copied to a capture, as the switch sees them: what leaves before it has left, as BMv2 has it.
 * What became of it is in the port's counts; a capture that waited for it would show the order of batches, not of frames.
 */
export class CapturedPort extends WrappedPort {
  constructor(
    inner: Port,
    private readonly tap: FrameTap,
  ) {
    super(inner);
  }

  override onReceive(handler: FrameHandler): void {
    this.inner.onReceive((port, buffer, start, end) => {
      this.tap.frame(port, 'in', buffer, start, end);
      handler(port, buffer, start, end);
    });
  }

  override transmit(buffer: Uint8Array, start: number, end: number): void {
    if (this.inner.up) this.tap.frame(this.number, 'out', buffer, start, end);
    this.inner.transmit(buffer, start, end);
  }
}
