/** Hashes of names that every virtualizer computes alike. */

/** FNV-1a of the UTF-8 bytes, then mixed, since FNV's high bits depend little on the last bytes. */
export function hashText(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ mix(seed)) >>> 0;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix(hash);
}

/** A bijection of 32-bit numbers in which every input bit moves every output bit (MurmurHash3's finalizer). */
export function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
