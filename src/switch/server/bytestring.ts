import { RpcError } from './rpc_error';

/** P4Runtime byte strings (specification, "Bytestrings"): big-endian, any number of leading zeros accepted. */

/**
 * `what` names the value in the error: OUT_OF_RANGE if it is empty or does not fit `width_bits`, UNIMPLEMENTED where
 * P4Info gives no width: such a value (an error, or of a type translated to strings) is no number.
 */
export function decodeBits(bytes: Uint8Array, width_bits: number, what: string): bigint {
  if (width_bits === 0)
    throw new RpcError('UNIMPLEMENTED', `${what}: values of a type without a width are not supported`);
  if (bytes.length === 0) throw new RpcError('OUT_OF_RANGE', `${what}: an empty byte string is no value`);
  const value = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
  if (value >> BigInt(width_bits) !== 0n) {
    throw new RpcError('OUT_OF_RANGE', `${what}: 0x${value.toString(16)} does not fit bit<${width_bits}>`);
  }
  return value;
}

/** The canonical form: as short as possible, at least one byte. */
export function encodeBits(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** int<W> in two's complement, any number of copies of the sign bit accepted; as the program's bits. */
export function decodeSigned(bytes: Uint8Array, width_bits: number, what: string): bigint {
  if (bytes.length === 0) throw new RpcError('OUT_OF_RANGE', `${what}: an empty byte string is no value`);
  const value = BigInt.asIntN(bytes.length * 8, decodeBits(bytes, bytes.length * 8, what));
  if (BigInt.asIntN(width_bits, value) !== value)
    throw new RpcError('OUT_OF_RANGE', `${what}: ${value} does not fit int<${width_bits}>`);
  return BigInt.asUintN(width_bits, value);
}

/** The canonical form of int<W>: as short as possible, its first bit the sign. */
export function encodeSigned(value: bigint): Buffer {
  let length_bytes = 1;
  while (BigInt.asIntN(length_bytes * 8, value) !== value) length_bytes++;
  const hex = BigInt.asUintN(length_bytes * 8, value).toString(16);
  return Buffer.from(hex.padStart(length_bytes * 2, '0'), 'hex');
}

/** `decodeBits` of at most 48 bits, as a number. */
export function decodeNumber(bytes: Uint8Array, width_bits: number, what: string): number {
  if (bytes.length > 0 && bytes.length <= 6) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    if (width_bits > 0 && value < 2 ** width_bits) return value;
  }
  return Number(decodeBits(bytes, width_bits, what));
}

/** `encodeBits` of at most 48 bits. */
export function encodeNumber(value: number): Buffer {
  let length = 1;
  while (length < 6 && value >= 2 ** (8 * length)) length++;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

export function allOnes(width_bits: number): bigint {
  return (1n << BigInt(width_bits)) - 1n;
}
