/**
 * Wide integers as 32-bit limbs, most significant first, in a Uint32Array.
 *
 * All packet state is such limbs: a field of w bits takes ceil(w / 32). This module is the only one that goes
 * through BigInt, so arithmetic on fields wider than 53 bits can be replaced here without touching the compiler.
 */

const LIMB = 32n;
const LIMB_RANGE = 4294967296;

/** How many limbs `width` bits take. */
export function limbCount(width: number): number {
  return Math.max(1, Math.ceil(width / 32));
}

/** The largest first limb of a value of `width` bits. */
export function topLimbMax(width: number): number {
  return width > 0 && width % 32 === 0 ? 0xffffffff : 2 ** (width % 32) - 1;
}

/** The unsigned integer in `limbs[index, index + count)`. */
export function readLimbs(limbs: Uint32Array, index: number, count: number): bigint {
  if (count === 1) return BigInt(limbs[index] as number);
  let value = 0n;
  for (let i = index; i < index + count; i++) value = (value << LIMB) | BigInt(limbs[i] as number);
  return value;
}

/** The same, as two's complement of `width` bits. */
export function readSignedLimbs(limbs: Uint32Array, index: number, count: number, width: number): bigint {
  return BigInt.asIntN(width, readLimbs(limbs, index, count));
}

/** Stores the low `width` bits of `value`, which may be negative. */
export function writeLimbs(
  limbs: Uint32Array,
  index: number,
  count: number,
  width: number,
  value: bigint,
): void {
  let rest = BigInt.asUintN(width, value);
  for (let i = index + count - 1; i >= index; i--) {
    limbs[i] = Number(BigInt.asUintN(32, rest));
    rest >>= LIMB;
  }
}

/** The low 32 bits. */
export function lowLimb(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/** Bitwise operations on integers of at most 53 bits and a sign, in two's complement of unbounded width. */
export function and53(a: number, b: number): number {
  const high = Math.floor(a / LIMB_RANGE) & Math.floor(b / LIMB_RANGE);
  return high * LIMB_RANGE + ((a & b) >>> 0);
}

export function or53(a: number, b: number): number {
  const high = Math.floor(a / LIMB_RANGE) | Math.floor(b / LIMB_RANGE);
  return high * LIMB_RANGE + ((a | b) >>> 0);
}

export function xor53(a: number, b: number): number {
  const high = Math.floor(a / LIMB_RANGE) ^ Math.floor(b / LIMB_RANGE);
  return high * LIMB_RANGE + ((a ^ b) >>> 0);
}

/** `value` (at most 53 bits and a sign) modulo 2^(32 + high_bits), where `high_mask` = 2^high_bits - 1. */
export function wrap53(value: number, high_mask: number): number {
  return (Math.floor(value / LIMB_RANGE) & high_mask) * LIMB_RANGE + (value >>> 0);
}

/** Beyond this a left shift leaves nothing that any field could hold. */
const SHIFT_MAX = 8192n;

export function shiftLeft(value: bigint, by: bigint): bigint {
  return by > SHIFT_MAX ? 0n : value << by;
}

export function shiftRight(value: bigint, by: bigint): bigint {
  if (by > SHIFT_MAX) return value < 0n ? -1n : 0n;
  return value >> by;
}

export function shiftLeft32(value: number, by: number): number {
  return by < 32 ? value << by : 0;
}

export function shiftRight32(value: number, by: number): number {
  return by < 32 ? value >>> by : 0;
}

/** Floor of value / 2^by, for at most 53 bits and a sign. */
export function shiftRight53(value: number, by: number): number {
  return by < 64 ? Math.floor(value / 2 ** by) : value < 0 ? -1 : 0;
}

/** Division by zero, which BMv2 aborts on, gives 0. */
export function divide(a: bigint, b: bigint): bigint {
  return b === 0n ? 0n : a / b;
}

export function modulo(a: bigint, b: bigint): bigint {
  return b === 0n ? 0n : a % b;
}

export function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}
