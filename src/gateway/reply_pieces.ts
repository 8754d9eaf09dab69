/**
 * Replies on their way to one connection: what came in one turn is copied together behind record marks and written at once.
 * Large ones that have a buffer of their own are written from it.
 */
import { FrameCopier } from '../afpacket/frame_copier';
import { RECORD_MARK_LENGTH, writeRecordMark } from '../wire/record_mark';

const SLAB_OCTETS = 64 * 1024;

/** Where replies of all connections are copied to, one after another; a new one when it is full. */
let slab = Buffer.alloc(0);
let slab_copier = new FrameCopier(slab);
let slab_used = 0;

function room(octets: number): number {
  if (slab.length - slab_used < octets) {
    slab = Buffer.allocUnsafeSlow(Math.max(SLAB_OCTETS, octets));
    slab_copier = new FrameCopier(slab);
    slab_used = 0;
  }
  const start = slab_used;
  slab_used += octets;
  return start;
}

interface Piece {
  buffer: Uint8Array;
  start: number;
  end: number;
}

export class ReplyPieces {
  private pieces: Piece[] = [];

  get is_empty(): boolean {
    return this.pieces.length === 0;
  }

  /** The message `source[start, end)`, copied. `apart`: into memory that is not shared with other connections. */
  addCopy(source: Uint8Array, start: number, end: number, apart: boolean): void {
    const octets = RECORD_MARK_LENGTH + end - start;
    if (apart) {
      const buffer = Buffer.allocUnsafeSlow(octets);
      buffer.set(source.subarray(start, end), RECORD_MARK_LENGTH);
      this.addOwned(buffer, RECORD_MARK_LENGTH, octets);
      return;
    }
    const at = room(octets);
    writeRecordMark(slab, at, end - start);
    slab_copier.copy(source, start, end, at + RECORD_MARK_LENGTH);
    const last = this.pieces[this.pieces.length - 1];
    if (last?.buffer === slab && last.end === at) last.end += octets;
    else this.pieces.push({ buffer: slab, start: at, end: at + octets });
  }

  /** The message `buffer[start, end)`, which is ours from now on, as are four octets before it. */
  addOwned(buffer: Uint8Array, start: number, end: number): void {
    writeRecordMark(buffer, start - RECORD_MARK_LENGTH, end - start);
    this.pieces.push({ buffer, start: start - RECORD_MARK_LENGTH, end });
  }

  /** Hands all pieces to `write`, in order. */
  take(write: (octets: Uint8Array) => void): void {
    const { pieces } = this;
    if (pieces.length === 0) return;
    this.pieces = [];
    for (const { buffer, start, end } of pieces) write(buffer.subarray(start, end));
  }

  get length(): number {
    return this.pieces.length;
  }
}
