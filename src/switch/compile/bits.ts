/** Moving bits between bytes and limbs, as expressions on whole bytes at offsets known at compile time. */

/** `buffer[at + byte]` */
export type ByteAt = (byte: number) => string;

/**
 * The unsigned integer of `width` (0..32) bits that starts `bit` bits into the bytes, as a number that is only
 * right modulo 2^32 (so for a Uint32Array).
 */
export function loadBits(byteAt: ByteAt, bit: number, width: number): string {
  const first = bit >> 3;
  const last = (bit + width - 1) >> 3;
  const after = (last + 1) * 8 - (bit + width);
  const parts: string[] = [];
  for (let byte = first; byte <= last; byte++) {
    const shift = (last - byte) * 8 - after;
    let code = byteAt(byte);
    // The first byte may begin with bits of the field before.
    if (byte === first && bit % 8 !== 0) code = `(${code} & ${0xff >> (bit % 8)})`;
    parts.push(shift > 0 ? `${code} << ${shift}` : shift < 0 ? `${code} >>> ${-shift}` : code);
  }
  // P4_16 has fields without bits: bit<0>.
  return parts.length === 0 ? '0' : parts.join(' | ');
}

/** Limb widths of a field, most significant (perhaps partial) first. */
export function limbWidths(width: number): number[] {
  const count = Math.max(1, Math.ceil(width / 32));
  return Array.from({ length: count }, (_, i) => (i === 0 ? width - 32 * (count - 1) : 32));
}

export interface Piece {
  /** A number whose bits above `width` are 0. */
  code: string;
  /** 0..32 */
  width: number;
}

/** The bytes that the pieces make when put one after the other; the last is padded with zeros at its end. */
export function packBytes(pieces: Piece[]): string[] {
  const bytes: string[][] = [];
  let bit = 0;
  for (const { code, width } of pieces) {
    const end = bit + width;
    for (let byte = bit >> 3; byte <= (end - 1) >> 3; byte++) {
      const shift = end - (byte + 1) * 8;
      const part = shift > 0 ? `${code} >>> ${shift}` : shift < 0 ? `${code} << ${-shift}` : code;
      (bytes[byte] ??= []).push(part);
    }
    bit = end;
  }
  return bytes.map((parts) => parts.join(' | '));
}
