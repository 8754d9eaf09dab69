/** Random entries that fit a P4Info. */
import fc from 'fast-check';
import { join } from 'node:path';
import { ActionRef_Scope } from 'p4runtime-js';
import {
  P4Schema,
  type ActionCall,
  type Match,
  type MatchValue,
  type TableEntry,
  type TableSchema,
} from '../../src/p4runtime';
import type { ActionSchema, KeyFieldInfo } from '../../src/p4runtime';

export const schema = P4Schema.load(join(__dirname, 'programs', 'every_entity.p4info.txtpb'));

const ones = (width_bits: number): bigint => (1n << BigInt(width_bits)) - 1n;
export const uint = (width_bits: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: ones(width_bits) });

/** Any form a caller may give, canonical or not. Undefined: left out. */
function matchValue({ kind, width_bits }: KeyFieldInfo): fc.Arbitrary<MatchValue | undefined> {
  const value = uint(width_bits);
  switch (kind) {
    case 'exact':
      return fc.record({ kind: fc.constant(kind), value });
    case 'optional':
      return fc.option(fc.record({ kind: fc.constant(kind), value }), { nil: undefined });
    case 'lpm':
      return fc.option(
        fc.record({ kind: fc.constant(kind), value, prefix_length: fc.nat({ max: width_bits }) }),
        { nil: undefined },
      );
    case 'ternary':
      return fc.option(fc.record({ kind: fc.constant(kind), value, mask: value }), { nil: undefined });
    case 'range':
      return fc.option(
        fc.tuple(value, value).map(([a, b]) => ({ kind, low: a < b ? a : b, high: a < b ? b : a })),
        { nil: undefined },
      );
  }
}

export function match(table: TableSchema): fc.Arbitrary<Match> {
  const fields = table.key.map((field) => matchValue(field).map((value) => [field.name, value] as const));
  return fc.tuple(...fields).map((all) => {
    const given: Match = {};
    for (const [name, value] of all) if (value !== undefined) given[name] = value;
    return given;
  });
}

export function actionCall({ name, params }: ActionSchema): fc.Arbitrary<ActionCall> {
  const values = fc.record(Object.fromEntries(params.map((param) => [param.name, uint(param.width_bits)])));
  return values.map((given) => ({ name, params: { ...given } }));
}

/** For tables without action profile. */
export function tableEntry(table: TableSchema): fc.Arbitrary<TableEntry> {
  const actions = table.actions.filter(
    ({ id }) => table.action_refs.get(id)?.scope !== ActionRef_Scope.DEFAULT_ONLY,
  );
  return fc
    .record({
      match: match(table),
      priority: table.has_priority ? fc.integer({ min: 1, max: 5 }) : fc.constant(undefined),
      action: fc.oneof(...actions.map(actionCall)),
      idle_timeout_ns: table.has_idle_timeout ? fc.bigInt({ min: 1n, max: 9n }) : fc.constant(undefined),
      metadata: fc.option(fc.uint8Array({ minLength: 1, maxLength: 3 }), { nil: undefined }),
    })
    .map(({ match: key, priority, action, idle_timeout_ns, metadata }) => ({
      table: table.name,
      match: key,
      action,
      ...(priority !== undefined && { priority }),
      ...(idle_timeout_ns !== undefined && { idle_timeout_ns }),
      ...(metadata !== undefined && { metadata: Buffer.from(metadata) }),
    }));
}

/** Tables whose entries a controller may write with plain actions. */
export const writable_tables = [...schema.tables].filter(
  (table) => !table.is_const && table.action_profile === undefined,
);
