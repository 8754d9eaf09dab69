/**
 * Replies on their way to one connection: what came in one turn is copied together behind record marks and written at once.
 * Large ones that have a buffer of their own are written from it.
 */
import { RECORD_MARK_LENGTH, writeRecordMark } from '../wire/record_mark';
import { Slab } from './slab';

/** Where replies of all connections are copied to. */
const slab = new Slab();

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
    const at = slab.reserve(octets);
    const { buffer } = slab;
    writeRecordMark(buffer, at, end - start);
    slab.copy(source, start, end, at + RECORD_MARK_LENGTH);
    const last = this.pieces[this.pieces.length - 1];
    if (last?.buffer === buffer && last.end === at) last.end += octets;
    else this.pieces.push({ buffer, start: at, end: at + octets });
  }

  /** The message `buffer[start, end)`, which is ours from now on, as are four octets before it. */
  addOwned(buffer: Uint8Array, start: number, end: number): void {
    writeRecordMark(buffer, start - RECORD_MARK_LENGTH, end - start);
    this.pieces.push({ buffer, start: start - RECORD_MARK_LENGTH, end });
  }

  /** Hands all pieces to `write`, in order; `more` if another one follows. */
  take(write: (octets: Uint8Array, more: boolean) => void): void {
    const { pieces } = this;
    if (pieces.length === 0) return;
    this.pieces = [];
    const last = pieces[pieces.length - 1];
    for (const piece of pieces) {
      const { buffer, start, end } = piece;
      write(buffer.subarray(start, end), piece !== last);
    }
  }
}
