/**
 * The kernel's requests, read from /dev/fuse, and what is written to it. A read waits in a thread of libuv's pool until
 * a request comes, so the event loop never does; a write only copies, and does not wait. Requests are served at the
 * same time however many reads there are: a read ends when its request is handed on, not when that is answered.
 */
import { closeSync, read, write, writevSync } from 'node:fs';

/** Two of the four threads of libuv's pool, so that one request is read while another is handed on. */
const READS = 2;

export class FuseDevice {
  private open = true;
  private paused = false;
  private readonly resumed: (() => void)[] = [];

  constructor(
    private readonly fd: number,
    /** The largest request, with its header. */
    private readonly request_bytes_max: number,
  ) {}

  /** Hands on every request until the file system is unmounted. `handle` must take what it keeps of the buffer. */
  async serve(handle: (message: Buffer) => void): Promise<void> {
    try {
      await Promise.all(Array.from({ length: READS }, () => this.readLoop(handle)));
    } finally {
      this.close();
    }
  }

  /** No more requests are read until `resume`. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const go of this.resumed.splice(0)) go();
  }

  /** False: the kernel no longer wants this answer. */
  answer(pieces: Buffer[]): boolean {
    if (!this.open) return false;
    try {
      writevSync(this.fd, pieces);
      return true;
    } catch (error) {
      // ENOENT: the request was given up; ENODEV: unmounted.
      if (['ENOENT', 'ENODEV'].includes(codeOf(error))) return false;
      throw error;
    }
  }

  /** Not in this thread: the kernel may wait for an inode, and with it for an answer of ours. */
  notify(message: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (!this.open) return resolve();
      // ENOENT: the kernel does not have the inode, so it keeps nothing of it.
      write(this.fd, message, () => resolve());
    });
  }

  private async readLoop(handle: (message: Buffer) => void): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(this.request_bytes_max);
    while (this.open) {
      if (this.paused) await new Promise<void>((resolve) => this.resumed.push(resolve));
      const length = await this.readRequest(buffer);
      if (length === undefined) return;
      if (length > 0) handle(buffer.subarray(0, length));
    }
  }

  /** Bytes; 0 for a request that was given up while it was read; undefined once unmounted. */
  private readRequest(buffer: Buffer): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      read(this.fd, buffer, 0, buffer.length, null, (error, length) => {
        const code = error ? codeOf(error) : undefined;
        if (code === undefined) resolve(length);
        else if (['ENOENT', 'EINTR', 'EAGAIN'].includes(code)) resolve(0);
        else if (code === 'ENODEV' || code === 'EBADF') resolve(undefined);
        else reject(error ?? new Error(code));
      });
    });
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.fd);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
