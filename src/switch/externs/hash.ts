/**
 * v1model's hash algorithms as BMv2 1.15 computes them. Each takes the first `length` bytes; results of at most 32
 * bits are numbers, wider ones bigints.
 */
export type HashFunction = (bytes: Uint8Array, length: number) => number | bigint;

function reflect(value: number, bits: number): number {
  let reflected = 0;
  for (let i = 0; i < bits; i++) if ((value >>> i) & 1) reflected |= 1 << (bits - 1 - i);
  return reflected >>> 0;
}

/**
 * Tables of a CRC with reflected input and output: at [256 * n + byte] what the byte makes of the CRC once n further bytes
 * have passed; so the first 256 serve a byte at a time, all of them four bytes.
 */
function reflectedTables(polynomial: number, bits: number): Int32Array {
  const reversed = reflect(polynomial, bits);
  const tables = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ reversed : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (tables[before & 0xff] as number) ^ (before >>> 8);
  }
  return tables;
}

/** For code that goes over its input itself; by algorithm. */
export const CRC_TABLES = { crc16: reflectedTables(0x8005, 16), crc32: reflectedTables(0x04c11db7, 32) };

/** CRC-16/ARC. */
export function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++)
    crc = (CRC_TABLES.crc16[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return crc;
}

/** CRC-32/ISO-HDLC, Ethernet's. */
export function crc32(bytes: Uint8Array, length: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < length; i++)
    crc = (CRC_TABLES.crc32[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** CRC-16/CCITT-FALSE. */
export function crcCCITT(bytes: Uint8Array, length: number): number {
  let crc = 0xffff;
  for (let i = 0; i < length; i++) {
    crc ^= (bytes[i] as number) << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** The Internet checksum (RFC 1071), complemented. */
export function csum16(bytes: Uint8Array, length: number): number {
  let sum = 0;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  if (even !== length) sum += (bytes[even] as number) << 8;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Words of 16 bits XORed; a last odd byte is the high half of its word. */
export function xor16(bytes: Uint8Array, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i++) result ^= (bytes[i] as number) << (i & 1 ? 0 : 8);
  return result;
}

export function xor32(bytes: Uint8Array, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i++) result ^= (bytes[i] as number) << (24 - 8 * (i & 3));
  return result >>> 0;
}

/** The first eight bytes as an integer; all of them where there are fewer. */
export function identity(bytes: Uint8Array, length: number): number | bigint {
  const count = Math.min(8, length);
  let low = 0;
  if (count <= 4) {
    for (let i = 0; i < count; i++) low = low * 256 + (bytes[i] as number);
    return low;
  }
  let result = 0n;
  for (let i = 0; i < count; i++) result = (result << 8n) | BigInt(bytes[i] as number);
  return result;
}

const U64 = (1n << 64n) - 1n;
const PRIMES = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const multiply = (a: bigint, b: bigint): bigint => (a * b) & U64;
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & U64;

/** XXH64 with seed 0 (xxHash specification, https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md). */
export function xxh64(bytes: Uint8Array, length: number): bigint {
  const [p1, p2, p3, p4, p5] = PRIMES;
  const little = (at: number, count: number): bigint => {
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] as number);
    return value;
  };
  const round = (acc: bigint, lane: bigint): bigint =>
    multiply(rotate((acc + multiply(lane, p2)) & U64, 31n), p1);
  let at = 0;
  let acc: bigint;
  if (length >= 32) {
    const lanes = [(p1 + p2) & U64, p2, 0n, (U64 + 1n - p1) & U64];
    for (; at + 32 <= length; at += 32)
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i] as bigint, little(at + 8 * i, 8));
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    acc = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & U64;
    for (const lane of lanes) acc = (multiply(acc ^ round(0n, lane), p1) + p4) & U64;
  } else {
    acc = p5;
  }
  acc = (acc + BigInt(length)) & U64;
  for (; at + 8 <= length; at += 8)
    acc = (multiply(rotate(acc ^ round(0n, little(at, 8)), 27n), p1) + p4) & U64;
  if (at + 4 <= length) {
    acc = (multiply(rotate(acc ^ multiply(little(at, 4), p1), 23n), p2) + p3) & U64;
    at += 4;
  }
  for (; at < length; at++) acc = multiply(rotate(acc ^ multiply(little(at, 1), p5), 11n), p1);
  acc = multiply(acc ^ (acc >> 33n), p2);
  acc = multiply(acc ^ (acc >> 29n), p3);
  return acc ^ (acc >> 32n);
}

/** By the names the JSON uses. The custom CRCs are those of custom_crc.ts. */
export const ALGORITHMS: Record<string, HashFunction> = {
  crc16,
  crc16_custom: crc16,
  crc32,
  crc32_custom: crc32,
  crcCCITT,
  csum16,
  cksum16: csum16,
  xor16,
  xor32,
  identity,
  xxh64,
  // A bmv2 name for xxh64.
  bmv2_hash: xxh64,
  // Replaced by the engine's seeded generator.
  random: () => 0,
};

/** The most each algorithm can return, for the width of what is computed from it. */
export function hashMax(algorithm: string): bigint {
  if (
    algorithm === 'crc32' ||
    algorithm === 'crc32_custom' ||
    algorithm === 'xor32' ||
    algorithm === 'random'
  )
    return (1n << 32n) - 1n;
  if (algorithm === 'identity' || algorithm === 'xxh64' || algorithm === 'bmv2_hash') return (1n << 64n) - 1n;
  return 0xffffn;
}
