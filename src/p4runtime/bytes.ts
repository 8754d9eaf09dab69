/**
 * P4Runtime byte strings: unsigned big-endian integers in their shortest form, at least one byte (specification,
 * "Bytestrings"). Signed values (int<W>) are carried as their W-bit two's complement.
 */

/** Up to here values are handled as numbers, which is much faster. */
const UINT48_MAX = 0xffffffffffffn;

/** `value` must be non-negative. */
export function encodeValue(value: bigint): Buffer {
  if (value <= UINT48_MAX) {
    const small = Number(value);
    let length = 1;
    while (length < 6 && small >= 2 ** (8 * length)) length += 1;
    const bytes = Buffer.allocUnsafe(length);
    bytes.writeUIntBE(small, 0, length);
    return bytes;
  }
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Accepts padded forms too, as the specification asks of readers. Empty: undefined, as it stands for no value. */
export function decodeValue(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length <= 6) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    return BigInt(value);
  }
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
}

/** All ones in `width_bits` bits. */
export function onesOf(width_bits: number): bigint {
  return (1n << BigInt(width_bits)) - 1n;
}

/** Undefined if `value` is a non-negative integer of `width_bits` bits; else what is wrong with it. */
export function valueProblem(value: bigint, width_bits: number): string | undefined {
  if (value < 0n) return `${value} is negative`;
  if (value > onesOf(width_bits))
    return `${value} (0x${value.toString(16)}) does not fit in ${width_bits} bits`;
  return undefined;
}

/** Reads a W-bit two's complement value, as an int<W> digest member is sent. */
export function decodeSigned(value: bigint, width_bits: number): bigint {
  return BigInt.asIntN(width_bits, value);
}
