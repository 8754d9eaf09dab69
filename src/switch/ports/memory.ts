import { emptyPortStats, type Port, type PortStats, type FrameHandler } from './port';

/** A port without a network: `inject` is what arrives, `onTransmit` sees what leaves. For tests and simulations. */
export class MemoryPort implements Port {
  readonly name: string;
  up = true;
  private readonly counts = emptyPortStats();
  private receive_handler: FrameHandler | undefined;
  private transmit_handler: ((port: number, frame: Uint8Array) => void) | undefined;

  constructor(
    readonly number: number,
    name = `memory${number}`,
  ) {
    this.name = name;
  }

  onReceive(handler: FrameHandler): void {
    this.receive_handler = handler;
  }

  /** The handler gets its own copy of each frame, at once. */
  onTransmit(handler: (port: number, frame: Uint8Array) => void): void {
    this.transmit_handler = handler;
  }

  /** A frame arrives; the switch has dealt with it when this returns. A port that is down takes none. */
  inject(frame: Uint8Array): void {
    if (!this.up) return;
    this.counts.rx_frames++;
    this.counts.rx_bytes += frame.length;
    this.receive_handler?.(this.number, frame, 0, frame.length);
  }

  transmit(buffer: Uint8Array, start: number, end: number): void {
    if (!this.up) {
      this.counts.tx_dropped++;
      return;
    }
    this.counts.tx_frames++;
    this.counts.tx_bytes += end - start;
    this.transmit_handler?.(this.number, buffer.slice(start, end));
  }

  setUp(up: boolean): void {
    if (this.up && !up) this.counts.downs++;
    this.up = up;
  }

  flush(): void {
    // Nothing is ever queued.
  }

  stats(): PortStats {
    return { ...this.counts };
  }

  close(): void {
    this.up = false;
    this.receive_handler = undefined;
    this.transmit_handler = undefined;
  }
}
