/**
 * One mount's conversation with the kernel: negotiates, hands requests to a file system, answers each exactly once,
 * and lets a process go that is killed while it waits.
 */
import { Cancellation } from '../nfs_client/cancellation';
import { FuseDevice } from './device';
import { hasFatalSignal } from './process_status';
import { FUSE_MAJOR, FUSE_MINOR_MIN, IN_HEADER_BYTES, INIT_FLAG, PAGE_BYTES } from './protocol/constants';
import { ERRNO } from './protocol/errno';
import { encodeAttributesInvalid, encodeHeader, encodeInit } from './protocol/reply';
import { decodeRequest, type FuseRequest, type Operation, type RequestHeader } from './protocol/request';

export interface Reply {
  payload: Buffer[];
  /** Takes back what the answer would have given, where the kernel no longer wants it. */
  undo?: () => void;
}

export interface RequestContext {
  header: RequestHeader;
  cancellation: Cancellation;
}

export interface FileSystem {
  /** What a request is answered with; `undefined`: nothing, as for FORGET. Errors become an errno. */
  handle(operation: Operation, context: RequestContext): Promise<Reply> | Reply | undefined;
  errnoOf(error: unknown): number;
}

interface PendingRequest {
  cancellation: Cancellation;
  pid: number;
  interrupted: boolean;
}

/** One WRITE's data; a multiple of the page. */
export const WRITE_BYTES_MAX = 256 * 1024;
export const READ_BYTES_MAX = 256 * 1024;
/** Requests taken from the kernel and not answered; more wait in the kernel. */
const PENDING_MAX = 4096;
const BACKGROUND_MAX = 64;
const CONGESTION_THRESHOLD = 48;
/** How often processes that got a signal while they wait are looked at. */
const INTERRUPTED_CHECK_MS = 250;
/** READ and WRITE fields are 40 bytes; the kernel wants room for a page beside the data. */
const REQUEST_BYTES_MAX = WRITE_BYTES_MAX + PAGE_BYTES;

const WANTED_FLAGS =
  INIT_FLAG.ASYNC_READ |
  INIT_FLAG.BIG_WRITES |
  INIT_FLAG.AUTO_INVAL_DATA |
  INIT_FLAG.DO_READDIRPLUS |
  INIT_FLAG.READDIRPLUS_AUTO |
  INIT_FLAG.ASYNC_DIO |
  INIT_FLAG.PARALLEL_DIROPS |
  INIT_FLAG.MAX_PAGES;

export class FuseSession {
  private readonly device: FuseDevice;
  private readonly pending = new Map<bigint, PendingRequest>();
  private checker: NodeJS.Timeout | undefined;
  private paused = false;

  constructor(
    fd: number,
    private readonly file_system: FileSystem,
    private readonly readahead_bytes_max: number,
  ) {
    this.device = new FuseDevice(fd, REQUEST_BYTES_MAX);
  }

  /** Resolves when the file system has been unmounted. */
  async serve(): Promise<void> {
    try {
      await this.device.serve((message) => this.receive(message));
    } finally {
      clearInterval(this.checker);
      for (const { cancellation } of this.pending.values()) cancellation.cancel();
    }
  }

  /** The kernel asks for the attributes of an inode before it uses them again. */
  attributesChanged(nodeid: number): Promise<void> {
    return this.device.notify(encodeAttributesInvalid(nodeid));
  }

  private receive(message: Buffer): void {
    const request = decodeRequest(message);
    if (request === undefined) {
      if (message.length >= IN_HEADER_BYTES) this.fail(message.readBigUInt64LE(8), ERRNO.EIO);
      return;
    }
    const { operation, header } = request;
    switch (operation.name) {
      case 'INIT':
        return this.negotiate(header.unique, operation);
      case 'INTERRUPT':
        return this.interrupt(header.unique, operation.unique);
      case 'DESTROY':
        this.send(header.unique, []);
        return;
      default:
        this.hand(request);
    }
  }

  private negotiate(unique: bigint, init: Extract<Operation, { name: 'INIT' }>): void {
    if (init.major !== FUSE_MAJOR || init.minor < FUSE_MINOR_MIN) return this.fail(unique, ERRNO.EIO);
    const reply = encodeInit({
      readahead_bytes_max: Math.min(init.readahead_bytes_max, this.readahead_bytes_max),
      flags: init.flags & WANTED_FLAGS,
      background_max: BACKGROUND_MAX,
      congestion_threshold: CONGESTION_THRESHOLD,
      write_bytes_max: WRITE_BYTES_MAX,
      pages_max: WRITE_BYTES_MAX / PAGE_BYTES,
    });
    this.send(unique, [reply]);
  }

  private hand({ header, operation }: FuseRequest): void {
    const cancellation = new Cancellation();
    try {
      const answer = this.file_system.handle(operation, { header, cancellation });
      if (answer === undefined) return;
      if (!(answer instanceof Promise)) return this.deliver(header.unique, answer);
      this.pending.set(header.unique, { cancellation, pid: header.pid, interrupted: false });
      answer.then(
        (reply) => this.settle(header.unique, () => this.deliver(header.unique, reply), reply.undo),
        (error: unknown) =>
          this.settle(header.unique, () => this.fail(header.unique, this.file_system.errnoOf(error))),
      );
      if (this.pending.size >= PENDING_MAX && !this.paused) {
        this.paused = true;
        this.device.pause();
      }
    } catch (error) {
      this.fail(header.unique, this.file_system.errnoOf(error));
    }
  }

  /** Answers, unless the request was given up meanwhile. */
  private settle(unique: bigint, answer: () => void, undo?: () => void): void {
    if (this.pending.delete(unique)) answer();
    else undo?.();
    if (this.paused && this.pending.size < PENDING_MAX / 2) {
      this.paused = false;
      this.device.resume();
    }
  }

  private deliver(unique: bigint, reply: Reply): void {
    if (!this.send(unique, reply.payload)) reply.undo?.();
  }

  private fail(unique: bigint, errno: number): void {
    this.device.answer([encodeHeader(unique, errno, 0)]);
  }

  private send(unique: bigint, payload: Buffer[]): boolean {
    const bytes = payload.reduce((total, piece) => total + piece.length, 0);
    const pieces = [encodeHeader(unique, 0, bytes), ...payload.filter((piece) => piece.length > 0)];
    return this.device.answer(pieces);
  }

  /**
   * A process that waits got a signal. Most signals are no reason to break off an operation on files, as with any
   * file system; one that ends the process is.
   */
  private interrupt(own_unique: bigint, unique: bigint): void {
    const request = this.pending.get(unique);
    // It may be on its way through the other read: the kernel then says so again.
    if (request === undefined) return this.fail(own_unique, ERRNO.EAGAIN);
    request.interrupted = true;
    this.checkInterrupted();
    this.checker ??= setInterval(() => this.checkInterrupted(), INTERRUPTED_CHECK_MS);
  }

  private checkInterrupted(): void {
    let left = 0;
    for (const [unique, { interrupted, pid, cancellation }] of this.pending) {
      if (!interrupted) continue;
      if (!hasFatalSignal(pid)) {
        left += 1;
        continue;
      }
      this.pending.delete(unique);
      this.fail(unique, ERRNO.EINTR);
      cancellation.cancel();
    }
    if (left > 0) return;
    clearInterval(this.checker);
    this.checker = undefined;
  }
}
