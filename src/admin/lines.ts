/** Cuts a byte stream into lines, and gives up on a stream whose line has no end. */
import { AdminError } from './errors';

const LF = 0x0a;

export class LineSplitter {
  /** Pieces of the line that has not ended. */
  private pieces: Buffer[] = [];
  private pieces_bytes = 0;

  constructor(readonly line_bytes_max: number) {}

  /** The lines that end in `chunk`, without their LF. Throws AdminError `bad_request` if one is too long. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.pieces).toString('utf8'));
      this.pieces = [];
      this.pieces_bytes = 0;
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.pieces_bytes += piece.length;
    if (this.pieces_bytes > this.line_bytes_max) {
      throw new AdminError('bad_request', `a line of more than ${this.line_bytes_max} bytes`);
    }
    this.pieces.push(piece);
  }
}
