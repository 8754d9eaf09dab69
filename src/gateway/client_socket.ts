/**
 * A client's TCP connection at the level of its calls to the system. Node's streams allocate 64 KiB for each read and pass
 * each chunk through several queues: for calls and replies of some hundred octets that is most of the work. So all
 * connections read into one buffer, from which what came is copied, and replies go to the kernel at once; only what it does
 * not take waits in the stream.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { libc } from '../afpacket/libc';
import { Slab } from './slab';

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
/** Whoever vanished while a store was silent shows only so. */
const KEEP_ALIVE_MS = 60_000;

/** Where all connections read to: what is in it is copied before the next one reads. */
const arrival = Buffer.allocUnsafeSlow(64 * 1024);
const slab = new Slab();

export interface ClientSocketEvents {
  /** The octets are the receiver's from now on, but lie in a buffer with those of others. */
  read(chunk: Uint8Array): void;
  /** What waited has gone to the kernel. */
  drained(): void;
  /** The client sends no more. */
  ended(): void;
  closed(): void;
}

export class ClientSocket {
  private readonly socket: Socket;
  private events: ClientSocketEvents | undefined;
  /** Sent past the stream. */
  private sent_octets = 0;

  /** Takes an accepted connection over, of which nothing was read; undefined if no more descriptors are to be had. */
  static takeOver(accepted: Socket): ClientSocket | undefined {
    const fd = libc().dup(descriptorOf(accepted));
    accepted.destroy();
    return fd < 0 ? undefined : new ClientSocket(fd);
  }

  private constructor(private readonly fd: number) {
    const options: SocketConstructorOpts & ConnectOpts = {
      fd,
      allowHalfOpen: true,
      onread: {
        buffer: arrival,
        callback: (length) => {
          const start = slab.reserve(length);
          slab.copy(arrival, 0, length, start);
          this.events?.read(slab.buffer.subarray(start, start + length));
          return true;
        },
      },
    };
    this.socket = new Socket(options);
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.socket.on('drain', () => this.events?.drained());
    this.socket.on('end', () => this.events?.ended());
    // What failed is of no interest: 'close' follows.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.events?.closed());
  }

  /** Who hears of it; before the event loop's next turn. */
  attach(events: ClientSocketEvents): void {
    this.events = events;
  }

  /** Octets that the kernel has not taken yet. */
  get waiting_octets(): number {
    return this.socket.writableLength;
  }

  /** Octets that the kernel has taken. */
  get dispatched_octets(): number {
    return this.sent_octets + this.socket.bytesWritten - this.socket.writableLength;
  }

  /** `octets` must not change any more. `more`: the next ones follow at once. */
  write(octets: Uint8Array, more: boolean): void {
    const { socket, fd } = this;
    let taken = 0;
    // The descriptor is another's once the socket is destroyed.
    if (socket.writableLength === 0 && !socket.destroyed) {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
      taken = Math.max(0, Number(libc().send(fd, octets, octets.length, flags)));
      this.sent_octets += taken;
    }
    if (taken < octets.length) socket.write(taken === 0 ? octets : octets.subarray(taken));
  }

  /** No more is read until `resume`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Nothing more is written. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Node says it in no other way; -1 if the connection has ended. */
function descriptorOf(accepted: Socket): number {
  const { _handle: handle } = accepted as unknown as { _handle?: { fd?: number } | null };
  return handle?.fd ?? -1;
}
