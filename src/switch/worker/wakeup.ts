import { EAGAIN, errno, libc } from '../../afpacket/libc';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** Cells of the shared array. */
const PENDING = 0;
const SLEEPING = 1;
const EVENTS_IN_FLIGHT = 2;
/** Bytes of captures that the other thread has yet to write. */
const CAPTURED_IN_FLIGHT = 3;
const CELLS = 4;

/**
 * How one thread wakes another that blocks in poll(2). While the other is awake this costs no system call: the
 * sender sets PENDING and then reads SLEEPING, the sleeper sets SLEEPING and then reads PENDING, so one of the two
 * always sees the other (atomics are sequentially consistent).
 */
export class Wakeup {
  private readonly cells: Int32Array;
  private readonly word = Buffer.alloc(8);

  private constructor(
    readonly shared: SharedArrayBuffer,
    readonly fd: number,
  ) {
    this.cells = new Int32Array(shared);
  }

  static create(): Wakeup {
    const fd = libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) throw new Error(`eventfd: ${libc().strerror(errno())}`);
    return new Wakeup(new SharedArrayBuffer(CELLS * 4), fd);
  }

  /** The same wake-up in another thread. */
  static attach(shared: SharedArrayBuffer, fd: number): Wakeup {
    return new Wakeup(shared, fd);
  }

  /** After a message was posted. */
  notify(): void {
    Atomics.store(this.cells, PENDING, 1);
    if (Atomics.load(this.cells, SLEEPING) === 0) return;
    this.word.writeBigUInt64LE(1n);
    libc().write(this.fd, this.word, 8);
  }

  /** Whether something was posted since the last call. */
  takePending(): boolean {
    return Atomics.load(this.cells, PENDING) !== 0 && Atomics.exchange(this.cells, PENDING, 0) !== 0;
  }

  /** Says that this thread is about to block; false if it must not, because something was posted. */
  beginSleep(): boolean {
    Atomics.store(this.cells, SLEEPING, 1);
    if (Atomics.load(this.cells, PENDING) === 0) return true;
    Atomics.store(this.cells, SLEEPING, 0);
    return false;
  }

  endSleep(was_signalled: boolean): void {
    Atomics.store(this.cells, SLEEPING, 0);
    if (was_signalled && Number(libc().read(this.fd, this.word, 8)) < 0 && errno() !== EAGAIN) {
      throw new Error(`eventfd: ${libc().strerror(errno())}`);
    }
  }

  /** Reports posted but not yet handled by the other thread: what bounds their queue. */
  eventsInFlight(): number {
    return Atomics.load(this.cells, EVENTS_IN_FLIGHT);
  }

  addEventsInFlight(change: number): void {
    Atomics.add(this.cells, EVENTS_IN_FLIGHT, change);
  }

  capturedInFlight(): number {
    return Atomics.load(this.cells, CAPTURED_IN_FLIGHT);
  }

  addCapturedInFlight(change: number): void {
    Atomics.add(this.cells, CAPTURED_IN_FLIGHT, change);
  }

  close(): void {
    libc().close(this.fd);
  }
}
