/** Key fields: exact, lpm, ternary, range and optional matches by name <-> FieldMatch. */
import type { FieldMatch } from 'p4runtime-js';
import { decodeValue, encodeValue, onesOf, valueProblem } from './bytes';
import { EncodingError, P4InfoMismatchError } from './errors';
import type { FieldInfo, KeyFieldInfo, TableSchema } from './p4info';

/** A field left out is "don't care"; an exact one may not be left out. */
export type MatchValue =
  | { kind: 'exact'; value: bigint }
  | { kind: 'lpm'; value: bigint; prefix_length: number }
  | { kind: 'ternary'; value: bigint; mask: bigint }
  /** Both ends belong to the range. */
  | { kind: 'range'; low: bigint; high: bigint }
  | { kind: 'optional'; value: bigint };

/** Field name -> match. */
export type Match = Record<string, MatchValue>;

export const exact = (value: bigint | number): MatchValue => ({ kind: 'exact', value: BigInt(value) });
export const lpm = (value: bigint | number, prefix_length: number): MatchValue => ({
  kind: 'lpm',
  value: BigInt(value),
  prefix_length,
});
export const ternary = (value: bigint | number, mask: bigint | number): MatchValue => ({
  kind: 'ternary',
  value: BigInt(value),
  mask: BigInt(mask),
});
export const range = (low: bigint | number, high: bigint | number): MatchValue => ({
  kind: 'range',
  low: BigInt(low),
  high: BigInt(high),
});
export const optional = (value: bigint | number): MatchValue => ({ kind: 'optional', value: BigInt(value) });

/** Throws EncodingError unless `value` fits `field`. */
export function encodeField(object: string, field: FieldInfo, value: bigint, what = 'value'): Buffer {
  if (field.width_bits === 0) {
    throw new EncodingError(object, field.name, 'values translated to strings are not supported');
  }
  const problem = valueProblem(value, field.width_bits);
  if (problem !== undefined) throw new EncodingError(object, field.name, `${what} ${problem}`);
  return encodeValue(value);
}

/** A value the target sent. Throws P4InfoMismatchError if it is empty or wider than `field`. */
export function decodeField(object: string, field: FieldInfo, bytes: Uint8Array): bigint {
  const value = decodeValue(bytes);
  const problem = value === undefined ? 'no value' : valueProblem(value, field.width_bits);
  if (value === undefined || problem !== undefined) {
    throw new P4InfoMismatchError(`${object}: ${field.name}: the target sent ${problem}`);
  }
  return value;
}

function prefixMask(field: KeyFieldInfo, prefix_length: number): bigint {
  const ones = onesOf(field.width_bits);
  return ones ^ (ones >> BigInt(prefix_length));
}

/** Undefined where the canonical form leaves the field out, because it matches everything. */
function encodeMatchValue(object: string, field: KeyFieldInfo, match: MatchValue): FieldMatch | undefined {
  const fail = (problem: string): never => {
    throw new EncodingError(object, field.name, problem);
  };
  if (match.kind !== field.kind) fail(`is matched ${field.kind}, not ${match.kind}`);
  const fieldId = field.id;
  switch (match.kind) {
    case 'exact':
      return {
        fieldId,
        fieldMatchType: { $case: 'exact', value: { value: encodeField(object, field, match.value) } },
      };
    case 'optional':
      return {
        fieldId,
        fieldMatchType: { $case: 'optional', value: { value: encodeField(object, field, match.value) } },
      };
    case 'lpm': {
      const { prefix_length } = match;
      if (!Number.isInteger(prefix_length) || prefix_length < 0 || prefix_length > field.width_bits) {
        fail(`prefix length ${prefix_length} is not from 0 to ${field.width_bits}`);
      }
      encodeField(object, field, match.value);
      if (prefix_length === 0) return undefined;
      const value = encodeValue(match.value & prefixMask(field, prefix_length));
      return { fieldId, fieldMatchType: { $case: 'lpm', value: { value, prefixLen: prefix_length } } };
    }
    case 'ternary': {
      encodeField(object, field, match.value);
      const mask = encodeField(object, field, match.mask, 'mask');
      if (match.mask === 0n) return undefined;
      const value = encodeValue(match.value & match.mask);
      return { fieldId, fieldMatchType: { $case: 'ternary', value: { value, mask } } };
    }
    case 'range': {
      const low = encodeField(object, field, match.low, 'low end');
      const high = encodeField(object, field, match.high, 'high end');
      if (match.low > match.high) fail(`low end ${match.low} is above high end ${match.high}`);
      if (match.low === 0n && match.high === onesOf(field.width_bits)) return undefined;
      return { fieldId, fieldMatchType: { $case: 'range', value: { low, high } } };
    }
  }
}

/** In the order of the table's key, canonical: bits that do not matter are 0. Throws EncodingError. */
export function encodeMatch(object: string, table: Pick<TableSchema, 'key'>, match: Match): FieldMatch[] {
  for (const name of Object.keys(match)) {
    if (!table.key.some((field) => field.name === name)) {
      const names = table.key.map((field) => field.name).join(', ');
      throw new EncodingError(object, name, `no such key field; the key is ${names || 'empty'}`);
    }
  }
  const fields: FieldMatch[] = [];
  for (const field of table.key) {
    const value = match[field.name];
    if (value === undefined) {
      if (field.kind === 'exact') {
        throw new EncodingError(
          object,
          field.name,
          `missing; an exact field (${field.width_bits} bits) is needed`,
        );
      }
      continue;
    }
    const encoded = encodeMatchValue(object, field, value);
    if (encoded !== undefined) fields.push(encoded);
  }
  return fields;
}

function decodeMatchValue(object: string, field: KeyFieldInfo, wire: FieldMatch): MatchValue | undefined {
  const type = wire.fieldMatchType;
  const fail = (): never => {
    throw new P4InfoMismatchError(
      `${object}: ${field.name}: matched ${field.kind} here, but the target sent ${type?.$case ?? 'nothing'}`,
    );
  };
  if (type?.$case !== field.kind) return fail();
  switch (type.$case) {
    case 'exact':
      return { kind: 'exact', value: decodeField(object, field, type.value.value) };
    case 'optional':
      return { kind: 'optional', value: decodeField(object, field, type.value.value) };
    case 'lpm': {
      const prefix_length = type.value.prefixLen;
      if (prefix_length < 0 || prefix_length > field.width_bits) return fail();
      if (prefix_length === 0) return undefined;
      const value = decodeField(object, field, type.value.value) & prefixMask(field, prefix_length);
      return { kind: 'lpm', value, prefix_length };
    }
    case 'ternary': {
      const mask = decodeField(object, field, type.value.mask);
      if (mask === 0n) return undefined;
      return { kind: 'ternary', value: decodeField(object, field, type.value.value) & mask, mask };
    }
    case 'range': {
      const low = decodeField(object, field, type.value.low);
      const high = decodeField(object, field, type.value.high);
      if (low === 0n && high === onesOf(field.width_bits)) return undefined;
      return { kind: 'range', low, high };
    }
  }
}

/** In canonical form whatever the target's, so that equal matches compare equal. Throws P4InfoMismatchError. */
export function decodeMatch(
  object: string,
  table: Pick<TableSchema, 'key'>,
  wire: readonly FieldMatch[],
): Match {
  const by_id = new Map(wire.map((field) => [field.fieldId, field]));
  const match: Match = {};
  for (const field of table.key) {
    const value = by_id.get(field.id);
    by_id.delete(field.id);
    const decoded = value === undefined ? undefined : decodeMatchValue(object, field, value);
    if (decoded !== undefined) match[field.name] = decoded;
  }
  for (const id of by_id.keys()) {
    throw new P4InfoMismatchError(
      `${object}: the target sent a key field with id ${id}, which the key does not have`,
    );
  }
  return match;
}

/** For messages: `{dst=0xa000000/8, proto=17, port=0x801&&&0xffff}`. */
export function formatMatch(match: Match): string {
  const parts = Object.entries(match).map(([name, m]) => {
    const hex = (value: bigint) => (value < 10n ? `${value}` : `0x${value.toString(16)}`);
    switch (m.kind) {
      case 'exact':
      case 'optional':
        return `${name}=${hex(m.value)}`;
      case 'lpm':
        return `${name}=${hex(m.value)}/${m.prefix_length}`;
      case 'ternary':
        return `${name}=${hex(m.value)}&&&${hex(m.mask)}`;
      case 'range':
        return `${name}=${hex(m.low)}..${hex(m.high)}`;
    }
  });
  return `{${parts.join(', ')}}`;
}
