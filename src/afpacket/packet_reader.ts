import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { errno, libc } from './libc';
import type { PacketSocket } from './packet_socket';
import { PortError } from './port_error';
import { RxBatch, type FrameReader, type RxBatchCounts } from './rx_batch';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const O_CLOEXEC = 0o2000000;
/** Batches taken before the event loop's other sources have their turn. */
const BATCHES_PER_TURN = 8;
/** No frame is longer: IPv4's largest packet and an Ethernet header with a tag. */
const FRAME_OCTETS_MAX = 65_535 + 18;

/**
 * Frames of a packet socket as events of Node's own loop, so that a program that also serves TCP needs no second
 * thread and no wake-ups between two.
 *
 * Node watches only descriptors whose kind it knows. A packet socket takes the place (dup3(2)) of one end of a stream
 * socket pair that Node has opened; read(2) on it gives one frame. So the loop reads the first frame that waits, and
 * the rest is fetched here by recvmmsg(2).
 */
export class PacketReader {
  private readonly socket: Socket;
  private readonly batch: RxBatch;
  private readonly first: Uint8Array;
  private readonly first_view: DataView;
  private is_closed = false;

  /**
   * @param read gets each frame
   * @param turn_ended is called when no frame waits, or others must have their turn
   * @param failed the socket is of no use any more: its interface went down or away (the errno's name)
   */
  constructor(
    private readonly packet_socket: PacketSocket,
    slot_bytes: number,
    private readonly counts: RxBatchCounts,
    private readonly read: FrameReader,
    private readonly turn_ended: () => void,
    failed: (code: string) => void,
  ) {
    this.batch = new RxBatch(slot_bytes, counts);
    this.first = new Uint8Array(FRAME_OCTETS_MAX);
    this.first_view = new DataView(this.first.buffer);
    const ends = new Int32Array(2);
    if (libc().socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, ends) < 0) this.fail('socketpair');
    const [own = -1, other = -1] = ends;
    packet_socket.setNonBlocking();
    const options: SocketConstructorOpts & ConnectOpts = {
      fd: own,
      readable: true,
      writable: false,
      onread: { buffer: this.first, callback: (length) => this.take(length) },
    };
    this.socket = new Socket(options);
    const replaced = libc().dup3(packet_socket.fd, own, O_CLOEXEC);
    libc().close(other);
    if (replaced < 0) {
      this.socket.destroy();
      this.fail('dup3');
    }
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.is_closed) failed(error.code ?? error.message);
    });
  }

  /** The packet socket itself stays its owner's. */
  close(): void {
    this.is_closed = true;
    this.socket.destroy();
  }

  private take(length: number): boolean {
    this.counts.rx_frames++;
    this.counts.rx_bytes += length;
    this.read(this.first, this.first_view, 0, length);
    for (let i = 0; i < BATCHES_PER_TURN && !this.is_closed; i++) {
      // An error is the loop's next read's too.
      if (this.batch.receive(this.packet_socket.fd, this.read) < this.batch.frames_max) break;
    }
    this.turn_ended();
    return true;
  }

  private fail(call: string): never {
    throw new PortError(`${this.packet_socket.who}: ${call}: ${libc().strerror(errno())}`);
  }
}
