import type { Writable } from 'node:stream';

/** Bytes that may wait for a reader. */
const WAITING_MAX_BYTES = 1024 * 1024;

/**
 * Lines for a reader who may be slow, stuck or gone: they wait in bounded memory, those beyond it are counted and told
 * when there is room again, and a reader who closes its end ends the output but nothing else.
 */
export class BoundedOutput {
  private closed = false;
  private missed = 0;

  /** @param onClosed once, when nobody reads any more */
  constructor(
    private readonly stream: Writable,
    onClosed: (error: Error) => void = () => undefined,
    private readonly waiting_max_bytes = WAITING_MAX_BYTES,
  ) {
    stream.on('error', (error: Error) => {
      if (this.closed) return;
      this.closed = true;
      onClosed(error);
    });
    stream.on('drain', () => this.tellMissed());
  }

  /** Lines that were not written, since it was last told. */
  get dropped(): number {
    return this.missed;
  }

  /** Takes whole lines, their ends included. */
  write(text: string): void {
    if (this.closed) return;
    if (this.stream.writableLength + text.length > this.waiting_max_bytes) this.missed++;
    else this.stream.write(text);
  }

  private tellMissed(): void {
    if (this.closed || this.missed === 0) return;
    this.stream.write(`... ${this.missed} lines were not written: they came faster than they were read\n`);
    this.missed = 0;
  }
}
