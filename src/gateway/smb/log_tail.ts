/** Follows a file that others append to, and that they put aside for a new one when it is long. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const POLL_MS = 200;
const CHUNK_BYTES = 64 * 1024;
/** Of what one look finds; the rest waits for the next look. */
const CHUNKS_MAX = 16;

export class LogTail {
  private fd: number | undefined;
  private inode = 0;
  private offset = 0;
  private decoder = new StringDecoder('utf8');
  private readonly timer: NodeJS.Timeout;

  /** From the start of the file that is at `file` now or later; see `skip`. */
  constructor(
    private readonly file: string,
    private readonly listener: (text: string) => void,
  ) {
    this.timer = setInterval(() => this.look(), POLL_MS);
    this.timer.unref();
  }

  /** Passes over what is there already. */
  skip(): void {
    if (this.fd !== undefined) return;
    try {
      this.fd = openSync(this.file, 'r');
    } catch {
      return;
    }
    const { ino, size } = fstatSync(this.fd);
    this.inode = ino;
    this.offset = size;
  }

  /** Tells the listener what has come since the last look. */
  look(): void {
    if (!this.readRest()) return;
    const inode = this.inodeNow();
    if (inode === undefined || (this.fd !== undefined && inode === this.inode)) return;
    this.close();
    try {
      this.fd = openSync(this.file, 'r');
    } catch {
      return;
    }
    this.inode = fstatSync(this.fd).ino;
    this.readRest();
  }

  stop(): void {
    clearInterval(this.timer);
    this.look();
    this.close();
  }

  private inodeNow(): number | undefined {
    return statSync(this.file, { throwIfNoEntry: false })?.ino;
  }

  /** False while there is more. */
  private readRest(): boolean {
    if (this.fd === undefined) return true;
    if (fstatSync(this.fd).size < this.offset) this.offset = 0;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let count = 0; count < CHUNKS_MAX; count++) {
      const length = readSync(this.fd, chunk, 0, CHUNK_BYTES, this.offset);
      if (length === 0) return true;
      this.offset += length;
      this.listener(this.decoder.write(chunk.subarray(0, length)));
    }
    return false;
  }

  private close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
    this.offset = 0;
    this.decoder = new StringDecoder('utf8');
  }
}
