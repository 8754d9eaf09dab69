import type { FieldMatch } from 'p4runtime-js';
import type { MatchValue } from '../../engine';
import { allOnes, decodeBits, encodeBits } from '../bytestring';
import type { KeyField } from '../p4info';
import { RpcError } from '../rpc_error';

/** A table or value set. */
export interface Matched {
  /** What it is and its name, for errors. */
  label: string;
  keys: KeyField[];
}

/** P4Runtime's field matches <-> the engine's, one per key (specification, "Match Format"). */
export function decodeMatch(matched: Matched, matches: FieldMatch[]): MatchValue[] {
  const by_id = new Map<number, FieldMatch>();
  for (const match of matches) {
    if (by_id.has(match.fieldId)) throw invalid(matched.label, `match field ${match.fieldId} is given twice`);
    by_id.set(match.fieldId, match);
  }
  const values = matched.keys.map((key) => {
    const match = by_id.get(key.id);
    by_id.delete(key.id);
    return match === undefined ? dontCare(matched, key) : decodeField(matched, key, match);
  });
  for (const id of by_id.keys()) throw invalid(matched.label, `has no match field ${id}`);
  return values;
}

function decodeField(matched: Matched, key: KeyField, { fieldMatchType: given }: FieldMatch): MatchValue {
  const what = `${matched.label}, key ${key.name}`;
  if (given === undefined || given.$case !== key.kind) {
    throw invalid(what, `expected a match of kind ${key.kind}, not ${given?.$case ?? 'none'}`);
  }
  const width = key.width_bits;
  switch (given.$case) {
    case 'exact':
      return { kind: 'exact', value: decodeBits(given.value.value, width, what) };
    case 'optional':
      return { kind: 'optional', value: decodeBits(given.value.value, width, what) };
    case 'ternary': {
      const value = decodeBits(given.value.value, width, what);
      const mask = decodeBits(given.value.mask, width, `${what}, mask`);
      if (mask === 0n) throw invalid(what, 'a mask of zero: leave the field out instead');
      if ((value & ~mask) !== 0n) throw invalid(what, 'value has bits set outside the mask');
      return { kind: 'ternary', value, mask };
    }
    case 'lpm': {
      const value = decodeBits(given.value.value, width, what);
      const prefix_length = given.value.prefixLen;
      if (prefix_length === 0) throw invalid(what, 'a prefix of length zero: leave the field out instead');
      if (prefix_length < 0 || prefix_length > width) {
        throw invalid(what, `prefix length ${prefix_length} is not within 1..${width}`);
      }
      if ((value & allOnes(width - prefix_length)) !== 0n)
        throw invalid(what, 'value has bits set after the prefix');
      return { kind: 'lpm', value, prefix_length };
    }
    case 'range': {
      const low = decodeBits(given.value.low, width, `${what}, low`);
      const high = decodeBits(given.value.high, width, `${what}, high`);
      if (low > high) throw invalid(what, `low ${low} is above high ${high}`);
      if (low === 0n && high === allOnes(width))
        throw invalid(what, 'a full range: leave the field out instead');
      return { kind: 'range', low, high };
    }
  }
}

function dontCare(matched: Matched, key: KeyField): MatchValue {
  switch (key.kind) {
    case 'exact':
      throw invalid(matched.label, `the exact key ${key.name} (field ${key.id}) is missing`);
    case 'lpm':
      return { kind: 'lpm', value: 0n, prefix_length: 0 };
    case 'ternary':
      return { kind: 'ternary', value: 0n, mask: 0n };
    case 'range':
      return { kind: 'range', low: 0n, high: allOnes(key.width_bits) };
    case 'optional':
      return { kind: 'optional', value: undefined };
  }
}

/** The canonical form: don't-care fields are left out. */
export function encodeMatch(matched: Matched, values: MatchValue[]): FieldMatch[] {
  const matches: FieldMatch[] = [];
  matched.keys.forEach((key, i) => {
    const value = values[i];
    const fieldMatchType = value === undefined ? undefined : encodeField(key, value);
    if (fieldMatchType !== undefined) matches.push({ fieldId: key.id, fieldMatchType });
  });
  return matches;
}

function encodeField(key: KeyField, value: MatchValue): FieldMatch['fieldMatchType'] {
  switch (value.kind) {
    case 'exact':
      return { $case: 'exact', value: { value: encodeBits(value.value) } };
    case 'optional':
      return value.value === undefined
        ? undefined
        : { $case: 'optional', value: { value: encodeBits(value.value) } };
    case 'ternary':
      if (value.mask === 0n) return undefined;
      // p4c's JSON calls optional keys ternary, so the engine does.
      if (key.kind === 'optional') return { $case: 'optional', value: { value: encodeBits(value.value) } };
      return { $case: 'ternary', value: { value: encodeBits(value.value), mask: encodeBits(value.mask) } };
    case 'lpm':
      if (value.prefix_length === 0) return undefined;
      return { $case: 'lpm', value: { value: encodeBits(value.value), prefixLen: value.prefix_length } };
    case 'range':
      if (value.low === 0n && value.high === allOnes(key.width_bits)) return undefined;
      return { $case: 'range', value: { low: encodeBits(value.low), high: encodeBits(value.high) } };
  }
}

function invalid(what: string, problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `${what}: ${problem}`);
}
