/** Operations on packet state that generated code calls where inlining them would be long. */

/** `index` where it is within [0, size), else `size`: the place that takes accesses out of bounds. */
export function bound(index: number, size: number): number {
  return index >= 0 && index < size ? index : size;
}

export function copyLimbs(limbs: Uint32Array, to: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) limbs[to + i] = limbs[from + i] as number;
}

export function clearLimbs(limbs: Uint32Array, from: number, count: number): void {
  for (let i = from; i < from + count; i++) limbs[i] = 0;
}

export function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}

/**
 * push_front(count) on a header stack: elements move towards the end, the new ones in front are invalid.
 */
export function pushStack(
  limbs: Uint32Array,
  base: number,
  stride: number,
  depth: number,
  next: number,
  count: number,
): void {
  const moved = Math.min(count, depth);
  limbs[next] = Math.min(depth, (limbs[next] as number) + moved);
  limbs.copyWithin(base + moved * stride, base, base + (depth - moved) * stride);
  limbs.fill(0, base, base + moved * stride);
}

/** pop_front(count): elements move towards the front, those left over at the end are invalid. */
export function popStack(
  limbs: Uint32Array,
  base: number,
  stride: number,
  depth: number,
  next: number,
  count: number,
): void {
  const moved = Math.min(count, depth);
  limbs[next] = Math.max(0, (limbs[next] as number) - moved);
  limbs.copyWithin(base, base + moved * stride, base + depth * stride);
  limbs.fill(0, base + (depth - moved) * stride, base + depth * stride);
}

/** Writes the low `width` (1..32) bits of `value` at bit `at`; returns the bit after. Bits after it become 0. */
export function putBits(bytes: Uint8Array, at: number, value: number, width: number): number {
  let left = width;
  let bit = at;
  while (left > 0) {
    const room = 8 - (bit & 7);
    const take = Math.min(room, left);
    const part = (value >>> (left - take)) & ((1 << take) - 1);
    const kept = room === 8 ? 0 : (bytes[bit >> 3] as number) & (0xff << room);
    bytes[bit >> 3] = kept | (part << (room - take));
    left -= take;
    bit += take;
  }
  return bit;
}

/** Whether two varbits of the same packet state are equal; positions are limb indices. */
export function sameVarbitBytes(
  limbs: Uint32Array,
  bytes: Uint8Array,
  a: number,
  a_bits: number,
  b: number,
  b_bits: number,
): boolean {
  if (limbs[a_bits] !== limbs[b_bits]) return false;
  const count = (limbs[a_bits] as number) >> 3;
  for (let i = 0; i < count; i++) if (bytes[a * 4 + i] !== bytes[b * 4 + i]) return false;
  return true;
}
