/**
 * Checked big-endian fields for the encoders. Decoders never come here: a value that does not fit its field is a
 * mistake of the caller, so it throws a RangeError that names the field.
 */

export function fail(field: string, found: unknown, expected: string): never {
  throw new RangeError(`${field}: found ${String(found)}, expected ${expected}`);
}

/** `value` if it is an unsigned integer of `bits` bits (at most 32), else a RangeError naming `field`. */
export function uint(field: string, value: number, bits: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    fail(field, value, `an unsigned integer of ${bits} bits`);
  }
  return value;
}

/** A big-endian view of exactly these bytes. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The pieces one after another in a buffer of their own. */
export function concat(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
