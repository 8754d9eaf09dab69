/**
 * Write-behind of one file: data is taken at once, sent in WRITE calls as blocks fill up, and kept until a COMMIT says
 * with the same verifier as the WRITEs that it is on stable storage (RFC 1813 sections 3.3.7 and 3.3.21). Another
 * verifier means that the server has restarted: everything it had only in memory is written again.
 */
import { WRITE_STABILITY } from '../wire/nfs3';
import type { Caller } from './caller';
import type { WriteBudget } from './write_budget';
import { WrittenBlock } from './written_block';

export interface WriteAnswer {
  count: number;
  /** A WRITE_STABILITY. */
  committed: number;
  verifier: string;
}

/** The calls of one file. */
export interface WriterCalls {
  write(offset: number, data: Uint8Array, stability: number, caller: Caller): Promise<WriteAnswer>;
  /** The verifier. */
  commit(caller: Caller): Promise<string>;
}

export interface WriterTimes {
  /** Data that fills no block is sent after so long. */
  send_after_ms: number;
  /** Data that nobody has flushed is committed after so long. */
  commit_after_ms: number;
}

/** A server that never keeps one verifier is written to synchronously after so many COMMITs in vain. */
const COMMITS_MAX = 3;
/** Somebody who writes through a mapping could keep a file from ever being all sent. */
const SENDS_MAX = 8;

export class FileWriter {
  private readonly blocks = new Map<number, WrittenBlock>();
  private commits: Promise<void> = Promise.resolve();
  private relieving = false;
  private timer: NodeJS.Timeout | undefined;
  private last_error: Error | undefined;
  private error_count = 0;
  /** Blocks written again because a server forgot them. */
  rewrites = 0;

  constructor(
    private readonly calls: WriterCalls,
    private readonly budget: WriteBudget,
    private readonly times: WriterTimes,
  ) {}

  /** Nothing waits to reach stable storage. */
  get isIdle(): boolean {
    return this.blocks.size === 0;
  }

  /** Some data has not reached the server. */
  get hasUnsent(): boolean {
    for (const block of this.blocks.values()) if (!block.dirty.isEmpty || !block.sending.isEmpty) return true;
    return false;
  }

  /** Behind the last byte that the server may not know of; 0 if there is none. */
  get unsent_end(): number {
    let end = 0;
    for (const block of this.blocks.values()) end = Math.max(end, block.unsent_end);
    return end;
  }

  /** How many errors there were; a file handle reports each once. */
  get errors(): number {
    return this.error_count;
  }

  get error(): Error | undefined {
    return this.last_error;
  }

  /** Takes a copy of `data`; waits while too much is on its way. */
  async write(offset: number, data: Uint8Array, caller: Caller): Promise<void> {
    const size = this.budget.block_bytes;
    for (let done = 0; done < data.length;) {
      const index = Math.floor((offset + done) / size);
      const at = offset + done - index * size;
      const length = Math.min(size - at, data.length - done);
      if (!this.blocks.has(index)) {
        const memory = this.budget.take(this);
        this.addBlock(index, memory instanceof Buffer ? memory : await memory, caller);
      }
      // From here to `put` nothing may be awaited: an answer could release the block in between.
      const block = this.blocks.get(index);
      if (block === undefined) continue;
      if (!block.mayTake(caller)) {
        await this.sendAll(block, WRITE_STABILITY.UNSTABLE);
        continue;
      }
      block.put(at, data.subarray(done, done + length), caller);
      if (block.dirty.covers(0, size)) void this.sendBlock(block);
      done += length;
    }
    this.arm();
  }

  /** Sends what was written before; errors are in `error`. */
  async send(stability: number = WRITE_STABILITY.UNSTABLE): Promise<void> {
    await Promise.all([...this.blocks.values()].map((block) => this.sendAll(block, stability)));
  }

  /** Brings what was written before to stable storage; errors are in `error`. */
  commit(): Promise<void> {
    this.commits = this.commits.then(() => this.commitAll());
    return this.commits;
  }

  /**
   * Runs a change of the file's size or times while the server has all data, and neither WRITE nor COMMIT is under way:
   * a COMMIT that finds data lost sends them again. Whoever calls sees to it that nobody writes meanwhile.
   */
  whileSent<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.commits.then(async () => {
      for (let round = 0; round < SENDS_MAX && this.hasUnsent; round++) await this.send();
      return change();
    });
    const settled = (): void => undefined;
    this.commits = changed.then(settled, settled);
    return changed;
  }

  /** The file was cut: what lies at `size` and behind is not to be written again. */
  cut(size: number): void {
    for (const block of [...this.blocks.values()]) {
      block.cut(Math.max(0, size - block.offset));
      this.release(block);
    }
  }

  /** Gives up what waits: the file is gone. */
  discard(): void {
    this.cut(0);
  }

  /** All bytes of a range, if all are here. */
  read(offset: number, length: number): Buffer | undefined {
    const size = this.budget.block_bytes;
    for (let at = offset; at < offset + length;) {
      const block = this.blocks.get(Math.floor(at / size));
      const end = Math.min(offset + length, (Math.floor(at / size) + 1) * size);
      if (block?.covers(at - block.offset, end - block.offset) !== true) return undefined;
      at = end;
    }
    const target = Buffer.allocUnsafe(length);
    this.overlay(target, offset);
    return target;
  }

  /** Writes what is here over `target`, which starts at `offset` of the file. */
  overlay(target: Buffer, offset: number): void {
    for (const block of this.blocks.values()) block.copyInto(target, offset);
  }

  relieve(): boolean {
    if (this.relieving || this.isIdle) return false;
    this.relieving = true;
    void this.commit().finally(() => {
      this.relieving = false;
      this.budget.relieveAgain();
    });
    return true;
  }

  private addBlock(index: number, memory: Buffer, caller: Caller): void {
    // Another write may have made it meanwhile.
    if (this.blocks.has(index)) this.budget.give(memory);
    else this.blocks.set(index, new WrittenBlock(index * this.budget.block_bytes, memory, caller));
  }

  /** What was in the block at the call has been sent when this resolves. */
  private async sendAll(block: WrittenBlock, stability: number): Promise<void> {
    if (block.in_flight !== undefined) await block.in_flight;
    if (!block.dirty.isEmpty || block.in_flight !== undefined) await this.sendBlock(block, stability);
  }

  private sendBlock(block: WrittenBlock, stability: number = WRITE_STABILITY.UNSTABLE): Promise<void> {
    if (block.in_flight !== undefined) return block.in_flight;
    const ranges = block.dirty.take();
    block.sending.addAll(ranges);
    const sent = Promise.all(
      [...ranges].map(({ start, end }) => this.sendRange(block, start, end, stability)),
    );
    block.in_flight = sent.then(() => {
      block.in_flight = undefined;
      block.sending.clear();
      if (block.dirty.covers(0, this.budget.block_bytes)) void this.sendBlock(block);
      this.release(block);
    });
    return block.in_flight;
  }

  /** Never rejects. */
  private async sendRange(block: WrittenBlock, start: number, end: number, stability: number): Promise<void> {
    try {
      while (start < end) {
        const data = block.data.subarray(start, end);
        const answer = await this.calls.write(block.offset + start, data, stability, block.caller);
        const written = Math.min(answer.count, data.length);
        if (written === 0) throw new Error('the server wrote nothing');
        if (answer.committed === WRITE_STABILITY.UNSTABLE) {
          if (block.noteUnstable(start, start + written, answer.verifier)) this.rewrites += 1;
        }
        start += written;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private async commitAll(): Promise<void> {
    for (let round = 0; ; round++) {
      const stable = round >= COMMITS_MAX || this.isOneWrite();
      await this.send(stable ? WRITE_STABILITY.FILE_SYNC : WRITE_STABILITY.UNSTABLE);
      const blocks = [...this.blocks.values()].filter((block) => !block.uncommitted.isEmpty);
      const [first] = blocks;
      if (first === undefined) return;
      for (const block of blocks) block.beginCommit();
      try {
        const verifier = await this.calls.commit(first.caller);
        let lost = 0;
        for (const block of blocks) if (!block.endCommit(verifier)) lost += 1;
        this.rewrites += lost;
        if (lost === 0) return;
      } catch (error) {
        for (const block of blocks) block.committing.clear();
        this.fail(error);
        return;
      } finally {
        for (const block of blocks) this.release(block);
      }
    }
  }

  /** One WRITE to stable storage does what WRITE and COMMIT would. */
  private isOneWrite(): boolean {
    if (this.blocks.size !== 1) return false;
    const [block] = this.blocks.values();
    return block?.dirty.count === 1 && block.sending.isEmpty && block.uncommitted.isEmpty;
  }

  private release(block: WrittenBlock): void {
    if (!block.isEmpty || block.in_flight !== undefined) return;
    const index = block.offset / this.budget.block_bytes;
    if (this.blocks.get(index) !== block) return;
    this.blocks.delete(index);
    this.budget.give(block.data);
    if (this.blocks.size > 0) return;
    this.budget.forget(this);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    if (this.timer !== undefined || this.blocks.size === 0) return;
    this.timer = setTimeout(() => {
      void this.send();
      this.timer = setTimeout(() => {
        this.timer = undefined;
        void this.commit().then(() => this.arm());
      }, this.times.commit_after_ms).unref();
    }, this.times.send_after_ms).unref();
  }

  private fail(error: unknown): void {
    this.last_error = error instanceof Error ? error : new Error(String(error));
    this.error_count += 1;
  }
}
