import { PacketSocket } from '../../afpacket/packet_socket';
import { PortError } from '../../afpacket/port_error';
import { RxRing } from './rx_ring';
import { TxBatch } from '../../afpacket/tx_batch';
import { emptyPortStats, type PollablePort, type PortStats, type FrameHandler } from './port';

interface OpenSocket {
  socket: PacketSocket;
  rx: RxRing;
  tx: TxBatch;
}

/**
 * A port on a Linux interface. If the interface goes away the port stays, down; when one of that name comes
 * back (`maintain`) it is opened again.
 */
export class AfPacketPort implements PollablePort {
  private readonly counts = emptyPortStats();
  private open: OpenSocket | undefined;
  private link_up = true;
  private handler: FrameHandler = () => undefined;

  /** Throws PortError: no such interface, no permission, no memory for the ring. */
  constructor(
    readonly number: number,
    readonly name: string,
  ) {
    this.open = this.openSocket();
    this.link_up = this.open.socket.linkUp();
  }

  get fd(): number {
    return this.open?.socket.fd ?? -1;
  }

  get up(): boolean {
    return this.open !== undefined && this.link_up;
  }

  /** When the kernel took in the frame that the handler is being given, by the real-time clock; for that call only. */
  get received_at_us(): number {
    return this.open?.rx.received_at_us ?? 0;
  }

  onReceive(handler: FrameHandler): void {
    this.handler = handler;
  }

  receiveBatch(frames_max: number): number {
    return this.open === undefined ? 0 : this.open.rx.drain(frames_max, this.number, this.handler);
  }

  transmit(buffer: Uint8Array, start: number, end: number): void {
    if (this.open === undefined) this.counts.tx_dropped++;
    else this.open.tx.add(buffer, start, end);
  }

  flush(): void {
    if (this.open !== undefined && this.open.tx.flush() !== 0) this.checkInterface();
  }

  onPollError(): void {
    this.open?.socket.takeError();
    this.checkInterface();
  }

  maintain(): void {
    if (this.open !== undefined && !this.open.rx.holds(this.open.socket.mtu())) {
      // The MTU was raised: take what waits, but not what still comes meanwhile, then make larger slots.
      this.receiveBatch(this.open.rx.slots);
      this.flush();
      this.closeSocket();
    }
    if (this.open === undefined) {
      try {
        this.open = this.openSocket();
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        return;
      }
    }
    this.checkInterface();
  }

  stats(): PortStats {
    if (this.open !== undefined) this.counts.rx_dropped += this.open.socket.takeDropped();
    return { ...this.counts };
  }

  close(): void {
    this.open?.tx.flush();
    this.closeSocket();
  }

  private checkInterface(): void {
    if (this.open === undefined) return;
    const was_up = this.link_up;
    if (this.open.socket.exists()) {
      this.link_up = this.open.socket.linkUp();
    } else {
      this.closeSocket();
      this.link_up = false;
    }
    if (was_up && !this.link_up) this.counts.downs++;
  }

  private openSocket(): OpenSocket {
    const socket = new PacketSocket(`port ${this.number}@${this.name}`, this.name);
    const rx = new RxRing(socket, socket.mtu(), this.counts);
    socket.bind();
    return { socket, rx, tx: new TxBatch(socket.fd, rx.slot_bytes, this.counts) };
  }

  private closeSocket(): void {
    if (this.open === undefined) return;
    const { socket, rx } = this.open;
    this.counts.rx_dropped += socket.takeDropped();
    this.open = undefined;
    rx.close();
    socket.close();
  }
}
