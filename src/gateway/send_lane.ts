/** What waits of one client, in order. What has ended before it was taken is skipped. */

/** Taken and ended entries are swept out when there are so many of them. */
const SLACK = 64;

export interface Queued {
  readonly is_done: boolean;
}

export class SendLane<T extends Queued> {
  private entries: T[] = [];
  /** How many of `entries` were taken. */
  private taken = 0;
  /** How many of the others have ended. */
  private ended = 0;

  get length(): number {
    return this.entries.length - this.taken - this.ended;
  }

  push(entry: T): void {
    this.entries.push(entry);
  }

  /** The first that has not ended; it stays. */
  peek(): T | undefined {
    for (; this.taken < this.entries.length; this.taken++) {
      const entry = this.entries[this.taken];
      if (entry?.is_done === false) return entry;
      this.ended--;
    }
    this.entries = [];
    this.taken = 0;
    this.ended = 0;
    return undefined;
  }

  /** Takes what `peek` gave. */
  take(): void {
    this.taken++;
    this.sweep();
  }

  /** One has ended before it was taken. */
  entryEnded(): void {
    this.ended++;
    this.sweep();
  }

  private sweep(): void {
    const useless = this.taken + this.ended;
    if (useless < SLACK || useless * 2 < this.entries.length) return;
    this.entries = this.entries.slice(this.taken).filter(({ is_done }) => !is_done);
    this.taken = 0;
    this.ended = 0;
  }
}
