/** What the fields of keys and actions stand for: values as people write them <-> P4Runtime's numbers. */
import {
  bigintToMac,
  ipv4ToNumber,
  macToBigint,
  numberToIpv4,
  prefixNetwork,
  type Ipv4Address,
  type Ipv4Prefix,
  type MacAddress,
} from '../wire/address';
import type { MatchValue } from '../p4runtime';
import { nameOf } from './constants';

export interface Codec<T> {
  width_bits: number;
  encode(value: T): bigint;
  /** Undefined for a number that stands for nothing. `value` fits the width. */
  decode(value: bigint): T | undefined;
}

export const uint = (width_bits: number): Codec<number> => ({ width_bits, encode: BigInt, decode: Number });

export const mac: Codec<MacAddress> = { width_bits: 48, encode: macToBigint, decode: bigintToMac };

export const ipv4: Codec<Ipv4Address> = {
  width_bits: 32,
  encode: (address) => BigInt(ipv4ToNumber(address)),
  decode: (value) => numberToIpv4(Number(value)),
};

/** Octets in hexadecimal, all `width_bits / 8` of them. */
export const hex = (width_bits: number): Codec<string> => ({
  width_bits,
  encode: (octets) => BigInt(`0x${octets}`),
  decode: (value) => value.toString(16).padStart(width_bits / 4, '0'),
});

/** A name of one of the groups in `constants.ts`. */
export const nameIn = <Name extends string>(
  group: Readonly<Record<Name, number>>,
  width_bits: number,
): Codec<Name> => ({
  width_bits,
  encode: (name) => BigInt(group[name]),
  decode: (value) => nameOf(group, value),
});

/** The value in words, or as a number if it stands for nothing. */
export function showValue<T>(codec: Codec<T>, value: bigint): string | number {
  const decoded = codec.decode(value);
  return typeof decoded === 'string' ? decoded : Number(value);
}

export interface KeyField<T> {
  kind: MatchValue['kind'];
  width_bits: number;
  /** Undefined where the field may hold anything. */
  encode(value: T): MatchValue | undefined;
  /** Undefined if the match is of another kind, or of a number that stands for nothing. */
  decode(match: MatchValue | undefined): T | undefined;
  show(match: MatchValue): string | number;
}

/** A field that a key may leave out. */
export interface OptionalKeyField<T> extends KeyField<T> {
  optional: true;
}

export const exactly = <T>(codec: Codec<T>): KeyField<T> => ({
  kind: 'exact',
  width_bits: codec.width_bits,
  encode: (value) => ({ kind: 'exact', value: codec.encode(value) }),
  decode: (match) => (match?.kind === 'exact' ? codec.decode(match.value) : undefined),
  show: (match) => (match.kind === 'exact' ? showValue(codec, match.value) : match.kind),
});

/** The value alone stands for the full mask. */
export type Masked<T> = T | { value: T; mask: T };

export const masked = <T extends string | number>(codec: Codec<T>): OptionalKeyField<Masked<T>> => {
  const full = (1n << BigInt(codec.width_bits)) - 1n;
  return {
    kind: 'ternary',
    optional: true,
    width_bits: codec.width_bits,
    encode(match) {
      if (typeof match !== 'object') return { kind: 'ternary', value: codec.encode(match), mask: full };
      const mask = codec.encode(match.mask);
      // A mask of nothing is no match at all: targets neither take nor return it.
      return mask === 0n ? undefined : { kind: 'ternary', value: codec.encode(match.value) & mask, mask };
    },
    decode(match) {
      if (match?.kind !== 'ternary') return undefined;
      const value = codec.decode(match.value);
      if (match.mask === full || value === undefined) return value;
      const mask = codec.decode(match.mask);
      return mask === undefined ? undefined : { value, mask };
    },
    show(match) {
      if (match.kind !== 'ternary') return match.kind;
      const value = showValue(codec, match.value);
      return match.mask === full ? value : `${value}&&&${showValue(codec, match.mask)}`;
    },
  };
};

/** Longest prefix match of an IPv4 address. Host bits do not matter. */
export const prefix: KeyField<Ipv4Prefix> = {
  kind: 'lpm',
  width_bits: 32,
  encode: ({ address, length }) =>
    length === 0
      ? undefined
      : { kind: 'lpm', value: ipv4.encode(prefixNetwork({ address, length })), prefix_length: length },
  decode(match) {
    if (match === undefined) return { address: '0.0.0.0', length: 0 };
    if (match.kind !== 'lpm') return undefined;
    return { address: numberToIpv4(Number(match.value)), length: match.prefix_length };
  },
  show: (match) =>
    match.kind === 'lpm' ? `${numberToIpv4(Number(match.value))}/${match.prefix_length}` : match.kind,
};

/** The first `length` bits of a number. Bits after them do not matter. */
export interface LeadingBits {
  value: number;
  length: number;
}

/** Longest prefix match of a number. */
export const leading = (width_bits: number): KeyField<LeadingBits> => ({
  kind: 'lpm',
  width_bits,
  encode: ({ value, length }) =>
    length === 0 ? undefined : { kind: 'lpm', value: BigInt(value), prefix_length: length },
  decode(match) {
    if (match === undefined) return { value: 0, length: 0 };
    return match.kind === 'lpm' ? { value: Number(match.value), length: match.prefix_length } : undefined;
  },
  show: (match) => (match.kind === 'lpm' ? `${match.value}/${match.prefix_length}` : match.kind),
});
