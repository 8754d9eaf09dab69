/** Parser value sets by name <-> ValueSetEntry. The whole set is written at once. */
import type { ValueSetEntry } from 'p4runtime-js';
import { EncodingError } from './errors';
import { decodeMatch, encodeMatch, type Match } from './match';
import { keyFieldOf, type P4Schema } from './p4info';

export interface ValueSet {
  value_set: string;
  members: Match[];
}

export function encodeValueSet(schema: P4Schema, set: ValueSet): ValueSetEntry {
  const { id, name, info } = schema.value_sets.get(set.value_set);
  const object = `value set ${name}`;
  if (set.members.length > info.size) {
    throw new EncodingError(
      object,
      'members',
      `${set.members.length} of them, but the set holds ${info.size}`,
    );
  }
  const key = info.match.map((field) => keyFieldOf(schema.file, object, field));
  return {
    valueSetId: id,
    members: set.members.map((member) => ({ match: encodeMatch(object, { key }, member) })),
  };
}

export function decodeValueSet(schema: P4Schema, wire: ValueSetEntry): ValueSet {
  const { name, info } = schema.value_sets.getById(wire.valueSetId);
  const object = `value set ${name}`;
  const key = info.match.map((field) => keyFieldOf(schema.file, object, field));
  return { value_set: name, members: wire.members.map(({ match }) => decodeMatch(object, { key }, match)) };
}
