/** One block of a file's data on its way to stable storage. */
import { IntervalSet } from './interval_set';
import type { Caller } from './caller';

/** Ranges in one block, beyond which it is sent before it takes more. */
const RANGES_MAX = 16;

export class WrittenBlock {
  /** Not sent yet, or to be sent again. Ranges are offsets in the block. */
  readonly dirty = new IntervalSet();
  /** In WRITE calls that are not answered. */
  readonly sending = new IntervalSet();
  /** The server has it in memory, as its `verifier` names. */
  readonly uncommitted = new IntervalSet();
  /** Uncommitted when the COMMIT that is under way was sent. */
  readonly committing = new IntervalSet();
  verifier: string | undefined;
  committing_verifier: string | undefined;
  /** The WRITE calls under way: one set at a time, as a late copy of an older one must not overwrite a newer one. */
  in_flight: Promise<void> | undefined;

  constructor(
    readonly offset: number,
    readonly data: Buffer,
    /** Who wrote last. */
    public caller: Caller,
  ) {}

  get isEmpty(): boolean {
    return this.sets.every((set) => set.isEmpty);
  }

  /** Behind the last byte of the file that may not be at the server; 0 if there is none. */
  get unsent_end(): number {
    const end = Math.max(this.dirty.end, this.sending.end);
    return end === 0 ? 0 : this.offset + end;
  }

  /** False: what is here must be sent first. */
  mayTake(caller: Caller): boolean {
    if (this.dirty.isEmpty) return true;
    const same = this.caller.uid === caller.uid && this.caller.gid === caller.gid;
    return same && this.dirty.count < RANGES_MAX;
  }

  put(at: number, bytes: Uint8Array, caller: Caller): void {
    this.data.set(bytes, at);
    this.dirty.add(at, at + bytes.length);
    this.caller = caller;
  }

  /** A WRITE of this range was answered UNSTABLE. True: what the server had in memory before is lost. */
  noteUnstable(start: number, end: number, verifier: string): boolean {
    const lost = this.verifier !== undefined && this.verifier !== verifier && !this.uncommitted.isEmpty;
    if (lost) this.dirty.addAll(this.uncommitted.take());
    this.verifier = verifier;
    this.uncommitted.add(start, end);
    return lost;
  }

  beginCommit(): void {
    this.committing.addAll(this.uncommitted.take());
    this.committing_verifier = this.verifier;
  }

  /** False: the server has lost it, and it is dirty again. */
  endCommit(verifier: string): boolean {
    const kept = this.committing_verifier === verifier;
    if (kept) this.committing.clear();
    else this.dirty.addAll(this.committing.take());
    return kept;
  }

  /** The union of all that is here, as bytes of `target`, which starts at `offset` of the file. */
  copyInto(target: Buffer, offset: number): void {
    for (const set of this.sets) {
      for (const { start, end } of set) {
        const from = Math.max(this.offset + start, offset);
        const to = Math.min(this.offset + end, offset + target.length);
        if (from < to) this.data.copy(target, from - offset, from - this.offset, to - this.offset);
      }
    }
  }

  covers(start: number, end: number): boolean {
    const all = new IntervalSet();
    for (const set of this.sets) all.addAll(set);
    return all.covers(start, end);
  }

  /** Leaves out what lies at `end` of the block and behind. */
  cut(end: number): void {
    for (const set of this.sets) set.cut(end);
  }

  private get sets(): IntervalSet[] {
    return [this.dirty, this.sending, this.uncommitted, this.committing];
  }
}
