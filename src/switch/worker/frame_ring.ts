/** Cells of the shared array. Positions count bytes for ever, modulo 2^32; the ring's size divides that. */
const WRITTEN = 0;
const READ = 1;
const WAITING = 2;
const DROPPED = 3;
const CELLS = 4;
const CELL_BYTES = CELLS * 4;

/** In front of a frame is its length; this instead of one: the rest of the ring is empty, go on at its start. */
const SKIP = -1;
const LENGTH_BYTES = 4;

/**
 * Frames from one thread to another, in order, through shared memory: no message and no copy by the runtime for each.
 * One side writes, the other reads. A frame without room is dropped and counted: the newest, so that those that have
 * waited are not lost, too.
 */
export class FrameRing {
  private readonly cells: Int32Array;
  private readonly lengths: Int32Array;
  private readonly bytes: Uint8Array;
  /** The writer's position, ahead of WRITTEN by what is not yet published. */
  private position: number;

  private constructor(readonly shared: SharedArrayBuffer) {
    this.cells = new Int32Array(shared, 0, CELLS);
    this.lengths = new Int32Array(shared, CELL_BYTES);
    this.bytes = new Uint8Array(shared, CELL_BYTES);
    this.position = Atomics.load(this.cells, WRITTEN) >>> 0;
  }

  /** `size_bytes`: a power of two. The reader begins as one that waits. */
  static create(size_bytes: number): FrameRing {
    const ring = new FrameRing(new SharedArrayBuffer(CELL_BYTES + size_bytes));
    Atomics.store(ring.cells, WAITING, 1);
    return ring;
  }

  /** The same ring in the other thread. */
  static attach(shared: SharedArrayBuffer): FrameRing {
    return new FrameRing(shared);
  }

  /** Frames there was no room for, as both threads see it. */
  get dropped(): number {
    return Atomics.load(this.cells, DROPPED) >>> 0;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.cells, WRITTEN) === Atomics.load(this.cells, READ);
  }

  /** Writer: adds a frame of these parts; the reader sees it when it is published. */
  push(...parts: readonly Uint8Array[]): void {
    const size = this.bytes.length;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const needed = (LENGTH_BYTES + length + 3) & ~3;
    let at = this.position & (size - 1);
    const skipped = needed > size - at ? size - at : 0;
    const used = (this.position - Atomics.load(this.cells, READ)) >>> 0;
    if (used + skipped + needed > size) {
      Atomics.add(this.cells, DROPPED, 1);
      return;
    }
    if (skipped > 0) {
      this.lengths[at >>> 2] = SKIP;
      at = 0;
    }
    this.lengths[at >>> 2] = length;
    at += LENGTH_BYTES;
    for (const part of parts) {
      this.bytes.set(part, at);
      at += part.length;
    }
    this.position = (this.position + skipped + needed) >>> 0;
  }

  /** Writer: shows what was pushed; true if the reader waits for it and has to be told. */
  publish(): boolean {
    if (this.position === Atomics.load(this.cells, WRITTEN) >>> 0) return false;
    Atomics.store(this.cells, WRITTEN, this.position | 0);
    return Atomics.exchange(this.cells, WAITING, 0) === 1;
  }

  /** Reader: calls `each` with up to `frames_max` frames, copies of its own; how many there were. */
  drain(frames_max: number, each: (frame: Buffer) => void): number {
    const size = this.bytes.length;
    const written = Atomics.load(this.cells, WRITTEN);
    let read = Atomics.load(this.cells, READ);
    let frames = 0;
    while (read !== written && frames < frames_max) {
      let at = read & (size - 1);
      const length = this.lengths[at >>> 2] ?? 0;
      if (length === SKIP) {
        read = (read + size - at) | 0;
        continue;
      }
      at += LENGTH_BYTES;
      const frame = Buffer.from(this.bytes.subarray(at, at + length));
      read = (read + ((LENGTH_BYTES + length + 3) & ~3)) | 0;
      Atomics.store(this.cells, READ, read);
      frames++;
      each(frame);
    }
    return frames;
  }

  /** Reader: asks to be told of the next frames; false if some are there already, and nobody will tell. */
  wait(): boolean {
    Atomics.store(this.cells, WAITING, 1);
    if (this.isEmpty) return true;
    // If the writer has taken the request meanwhile, it does tell.
    return Atomics.exchange(this.cells, WAITING, 0) === 0;
  }
}
