import type { MatchValue } from '../../switch';

/** `ternary_masks`: the ternary table, with masks in proportion to its entries. */
export type TableKind = 'exact' | 'lpm' | 'ternary' | 'ternary_masks';

/** Masks of the ternary entries: prefixes of both addresses, port or no port. A lookup may have to try each. */
const ADDRESS_PREFIXES = [0, 8, 16, 24, 32];
/** Of `ternary_masks`: a list of rules written by hand has a mask of its own for every few. */
export const ENTRIES_PER_MASK = 250;
/** Lengths that its address prefixes have, each with each: 625 masks. */
const [LENGTH_MIN, LENGTHS] = [8, 25];
/** Lengths of routes, over and over: three in five are /24, the rest of every length from /18 to /32. */
const ROUTE_LENGTHS = [18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32];
const ROUTE_PATTERN = ROUTE_LENGTHS.flatMap((length) => [24, length, 24, length, 24]);
const ROUTES_OF_LENGTH = Array.from({ length: 33 }, (_, length) => countOf(ROUTE_PATTERN, length));
const ROUTE_RANKS = ROUTE_PATTERN.map((length, i) => countOf(ROUTE_PATTERN.slice(0, i), length));

function countOf(numbers: readonly number[], wanted: number): number {
  return numbers.filter((number) => number === wanted).length;
}

/** Of a table of `TableKind` in tables.p4, as its parser tells them apart. */
export const TABLE_KIND_BYTE: Readonly<Record<TableKind | 'none', number>> = {
  none: 0,
  exact: 1,
  lpm: 2,
  ternary: 3,
  ternary_masks: 3,
};
export const QUERY_LENGTH = 64;

/** A fixed sequence of 32-bit numbers (Marsaglia's xorshift), so that every run has the same entries. */
export class Draws {
  constructor(private state = 0x9e3779b9) {}

  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }
}

function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** The keys of a table, all different; a million of them must not weigh on what is measured. */
export interface Keys {
  readonly table: string;
  readonly size: number;
  match(index: number): MatchValue[];
  priority(index: number): number;
  /** Puts a key into the query that entry `index` matches; bits it does not care about from `any`. */
  write(query: Uint8Array, index: number, any: number): void;
}

function put(query: Uint8Array, at: number, value: number): void {
  query[at] = value >>> 24;
  query[at + 1] = value >>> 16;
  query[at + 2] = value >>> 8;
  query[at + 3] = value;
}

const MAC_AT = 1;
const SRC_AT = 7;
const DST_AT = 11;
const L4_PORT_AT = 15;

/** Another number of as many bits for each number: spreads consecutive ones. */
function scatter(number: number, bits: number): number {
  const spread = Math.imul(number, 0x9e3779b1) ^ 0x2545f491;
  return bits === 32 ? spread >>> 0 : spread & (2 ** bits - 1);
}

/** Computed for each query, not looked up: the benchmark's own cache misses must not be in the figures. */
function exactKeys(size: number): Keys {
  return {
    table: 'Lookup.exact_table',
    size,
    match: (i) => [{ kind: 'exact', value: 0x0200_0000_0000n + BigInt(scatter(i, 32)) }],
    priority: () => 0,
    write(query, i) {
      query[MAC_AT] = 2;
      query[MAC_AT + 1] = 0;
      put(query, MAC_AT + 2, scatter(i, 32));
    },
  };
}

function lpmKeys(size: number): Keys {
  const lengthOf = (i: number): number => ROUTE_PATTERN[i % ROUTE_PATTERN.length] ?? 24;
  const prefixOf = (i: number): number => {
    const length = lengthOf(i);
    // Of the routes of this length, in their order: no two have the same prefix.
    const round = Math.floor(i / ROUTE_PATTERN.length);
    const number = round * (ROUTES_OF_LENGTH[length] ?? 1) + (ROUTE_RANKS[i % ROUTE_PATTERN.length] ?? 0);
    return (scatter(number, length) << (32 - length)) >>> 0;
  };
  return {
    table: 'Lookup.lpm_table',
    size,
    match: (i) => [{ kind: 'lpm', value: BigInt(prefixOf(i)), prefix_length: lengthOf(i) }],
    priority: () => 0,
    write: (query, i, any) => put(query, DST_AT, (prefixOf(i) | (any & ~prefixMask(lengthOf(i)))) >>> 0),
  };
}

interface TernaryMask {
  src: number;
  dst: number;
  l4_port: number;
}

function fewMasks(draws: Draws): TernaryMask {
  const prefix = (): number => prefixMask(ADDRESS_PREFIXES[draws.below(ADDRESS_PREFIXES.length)] ?? 0);
  return { src: prefix(), dst: prefix(), l4_port: draws.below(2) === 0 ? 0 : 0xffff };
}

function growingMasks(index: number, size: number): TernaryMask {
  const number = index % Math.max(1, Math.round(size / ENTRIES_PER_MASK));
  return {
    src: prefixMask(LENGTH_MIN + (number % LENGTHS)),
    dst: prefixMask(LENGTH_MIN + (Math.floor(number / LENGTHS) % LENGTHS)),
    l4_port: 0,
  };
}

function ternaryKeys(size: number, draws: Draws, maskOf: (index: number) => TernaryMask): Keys {
  const [src, dst] = [new Uint32Array(size), new Uint32Array(size)];
  const [src_mask, dst_mask] = [new Uint32Array(size), new Uint32Array(size)];
  const [l4_port, port_mask] = [new Uint16Array(size), new Uint16Array(size)];
  for (let i = 0; i < size; i++) {
    const mask = maskOf(i);
    src_mask[i] = mask.src;
    dst_mask[i] = mask.dst;
    port_mask[i] = mask.l4_port;
    src[i] = draws.next() & (src_mask[i] ?? 0);
    dst[i] = draws.next() & (dst_mask[i] ?? 0);
    l4_port[i] = draws.next() & (port_mask[i] ?? 0);
  }
  const field = (value: number | undefined, mask: number | undefined): MatchValue => ({
    kind: 'ternary',
    value: BigInt(value ?? 0),
    mask: BigInt(mask ?? 0),
  });
  return {
    table: 'Lookup.ternary_table',
    size,
    match: (i) => [field(src[i], src_mask[i]), field(dst[i], dst_mask[i]), field(l4_port[i], port_mask[i])],
    // All different, as a list of rules has them: so also entries that are equal otherwise may stay.
    priority: (i) => i + 1,
    write(query, i, any) {
      put(query, SRC_AT, ((src[i] ?? 0) | (any & ~(src_mask[i] ?? 0))) >>> 0);
      put(query, DST_AT, ((dst[i] ?? 0) | (Math.imul(any, 0x9e3779b1) & ~(dst_mask[i] ?? 0))) >>> 0);
      const port = (l4_port[i] ?? 0) | (any & ~(port_mask[i] ?? 0));
      query[L4_PORT_AT] = port >>> 8;
      query[L4_PORT_AT + 1] = port;
    },
  };
}

export function keysOf(kind: TableKind, size: number): Keys {
  if (kind === 'exact') return exactKeys(size);
  if (kind === 'lpm') return lpmKeys(size);
  const draws = new Draws();
  return ternaryKeys(size, draws, kind === 'ternary' ? () => fewMasks(draws) : (i) => growingMasks(i, size));
}
