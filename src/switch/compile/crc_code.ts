import { packBytes, type Piece } from './bits';
import type { Source } from './source';

/** CRCs of v1model whose steps can be written in place, and what they begin and end with. */
const CRCS: Partial<Record<string, { start: string; result: string }>> = {
  crc16: { start: '0', result: 'crc' },
  crc32: { start: '-1', result: '(crc ^ -1) >>> 0' },
};

/**
 * Writes a CRC as it goes over its input, a word at a time where the input is a whole limb (Kounavis and Berry 2005,
 * "slicing-by-4"), so that no byte is stored before. `tables` holds the CRC's tables: crc16 and crc32 (externs/hash.ts).
 */
export class CrcWriter {
  private pieces: Piece[] = [];
  private bits = 0;

  private constructor(
    algorithm: string,
    private readonly code: { start: string; result: string },
    private readonly source: Source,
  ) {
    source.line(`const t = crc_tables.${algorithm};`);
    source.line(`let crc = ${code.start};`);
  }

  /** undefined: the algorithm is none of those. */
  static of(algorithm: string, source: Source): CrcWriter | undefined {
    const code = CRCS[algorithm];
    return code === undefined ? undefined : new CrcWriter(algorithm, code, source);
  }

  piece(piece: Piece): void {
    if (this.bits === 0 && piece.width === 32) {
      this.word(piece.code);
      return;
    }
    this.pieces.push(piece);
    this.bits = (this.bits + piece.width) % 8;
    if (this.bits === 0) this.flush();
  }

  /** The bytes `ub[from, from + count)`; only where the input so far is whole bytes. */
  bytes(from: string, count: string): void {
    this.source.open(`for (let i = ${from}, stop = i + ${count}; i < stop; i++)`);
    this.byte('ub[i]');
    this.source.close();
  }

  end(): void {
    this.source.line(`return ${this.code.result};`);
  }

  private flush(): void {
    for (const byte of packBytes(this.pieces)) this.byte(byte);
    this.pieces = [];
  }

  private byte(code: string): void {
    this.source.line(`crc = t[(crc ^ (${code})) & 255] ^ (crc >>> 8);`);
  }

  /** The first byte is the word's highest. */
  private word(code: string): void {
    const steps = [24, 16, 8, 0].map((shift, i) => {
      const byte = `((crc >>> ${8 * i}) ^ (${code} >>> ${shift})) & 255`;
      return `t[${256 * (3 - i)} + (${byte})]`;
    });
    this.source.line(`crc = ${steps.join(' ^ ')};`);
  }
}
