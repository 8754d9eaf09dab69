/**
 * The memory that data waits in until a server has it on stable storage: blocks of one size, a bounded number for all
 * files together. Who wants one while none is free waits, and the files that hold data are asked to commit it.
 */
import { Fifo } from './fifo';

/** A file that holds blocks. */
export interface BlockHolder {
  /** Starts to give blocks back; false: it has none, or has started. */
  relieve(): boolean;
}

export class WriteBudget {
  readonly blocks_max: number;
  private readonly free: Buffer[] = [];
  private readonly waiting = new Fifo<{ holder: BlockHolder; resolve: (block: Buffer) => void }>();
  private readonly holders = new Set<BlockHolder>();
  private used = 0;

  constructor(
    readonly block_bytes: number,
    bytes_max: number,
  ) {
    this.blocks_max = Math.max(2, Math.floor(bytes_max / block_bytes));
  }

  get used_bytes(): number {
    return this.used * this.block_bytes;
  }

  /** Its content is undefined. */
  take(holder: BlockHolder): Promise<Buffer> | Buffer {
    this.holders.add(holder);
    // Commits start while there is room, so that writing goes on meanwhile.
    if (this.used >= this.blocks_max / 2) this.relieve(1);
    if (this.used < this.blocks_max) {
      this.used += 1;
      return this.free.pop() ?? Buffer.allocUnsafeSlow(this.block_bytes);
    }
    this.relieve(Infinity);
    return new Promise((resolve) => this.waiting.push({ holder, resolve }));
  }

  give(block: Buffer): void {
    const next = this.waiting.peek();
    if (next !== undefined) {
      this.waiting.shift();
      // It may have given back all it had while it waited.
      this.holders.add(next.holder);
      next.resolve(block);
      return;
    }
    this.used -= 1;
    this.free.push(block);
  }

  /** `holder` has nothing any more. */
  forget(holder: BlockHolder): void {
    this.holders.delete(holder);
  }

  /** A holder has done what it was asked; what was written meanwhile it was not asked for. */
  relieveAgain(): void {
    if (this.waiting.length > 0) this.relieve(Infinity);
  }

  private relieve(count: number): void {
    let started = 0;
    for (const holder of this.holders) {
      if (started >= count) return;
      if (holder.relieve()) started += 1;
    }
  }
}
