import type { MatchValue } from '../../switch';

export type TableKind = 'exact' | 'lpm' | 'ternary';

/** Masks of the ternary entries: prefixes of both addresses, port or no port. A lookup may have to try each. */
const ADDRESS_PREFIXES = [0, 8, 16, 24, 32];
/** Routes: most are /24, the rest spread over these. */
const ROUTE_LENGTHS = [18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32];
const ROUTES_24_FRACTION = 0.6;
/** Of a table of `TableKind` in tables.p4, as its parser tells them apart. */
export const TABLE_KIND_BYTE: Readonly<Record<TableKind | 'none', number>> = {
  none: 0,
  exact: 1,
  lpm: 2,
  ternary: 3,
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

/** The keys of a table, all different, in flat arrays: a million of them must not weigh on what is measured. */
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

function exactKeys(size: number, draws: Draws): Keys {
  const low = new Uint32Array(size);
  const used = new Set<number>();
  for (let i = 0; i < size; i++) {
    let mac = draws.next();
    while (used.has(mac)) mac = draws.next();
    used.add(mac);
    low[i] = mac;
  }
  return {
    table: 'Lookup.exact_table',
    size,
    match: (i) => [{ kind: 'exact', value: 0x0200_0000_0000n + BigInt(low[i] ?? 0) }],
    priority: () => 0,
    write(query, i) {
      query[MAC_AT] = 2;
      query[MAC_AT + 1] = 0;
      put(query, MAC_AT + 2, low[i] ?? 0);
    },
  };
}

function lpmKeys(size: number, draws: Draws): Keys {
  const prefixes = new Uint32Array(size);
  const lengths = new Uint8Array(size);
  const used = new Set<number>();
  for (let i = 0; i < size;) {
    const is24 = draws.next() < ROUTES_24_FRACTION * 2 ** 32;
    const length = is24 ? 24 : (ROUTE_LENGTHS[draws.below(ROUTE_LENGTHS.length)] ?? 24);
    const prefix = (draws.next() & prefixMask(length)) >>> 0;
    const key = prefix * 64 + length;
    if (used.has(key)) continue;
    used.add(key);
    prefixes[i] = prefix;
    lengths[i++] = length;
  }
  return {
    table: 'Lookup.lpm_table',
    size,
    match: (i) => [{ kind: 'lpm', value: BigInt(prefixes[i] ?? 0), prefix_length: lengths[i] ?? 0 }],
    priority: () => 0,
    write: (query, i, any) =>
      put(query, DST_AT, ((prefixes[i] ?? 0) | (any & ~prefixMask(lengths[i] ?? 0))) >>> 0),
  };
}

function ternaryKeys(size: number, draws: Draws): Keys {
  const [src, dst] = [new Uint32Array(size), new Uint32Array(size)];
  const [src_mask, dst_mask] = [new Uint32Array(size), new Uint32Array(size)];
  const [l4_port, port_mask] = [new Uint16Array(size), new Uint16Array(size)];
  const prefix = (): number => prefixMask(ADDRESS_PREFIXES[draws.below(ADDRESS_PREFIXES.length)] ?? 0);
  for (let i = 0; i < size; i++) {
    src_mask[i] = prefix();
    dst_mask[i] = prefix();
    port_mask[i] = draws.below(2) === 0 ? 0 : 0xffff;
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
  return { exact: exactKeys, lpm: lpmKeys, ternary: ternaryKeys }[kind](size, new Draws());
}
