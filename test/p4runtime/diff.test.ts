import fc from 'fast-check';
import {
  action,
  diff,
  EncodingError,
  exact,
  type CurrentState,
  type DesiredState,
  type MulticastGroup,
  type TableEntry,
  type Update,
} from '../../src/p4runtime';
import { decodeTableEntry, encodeTableEntry, tableKeyText } from '../../src/p4runtime/table_entry';
import { schema, tableEntry, writable_tables } from './arbitrary';

const read = (entry: TableEntry) => decodeTableEntry(schema, encodeTableEntry(schema, entry));

/** What a target does with updates, strictly: no insert of what is there, no change of what is not. */
function apply(current: CurrentState, updates: readonly Update[]): CurrentState {
  const tables = new Map<string, Map<string, TableEntry>>();
  for (const [table, entries] of Object.entries(current.tables)) {
    tables.set(table, new Map(entries.map((entry) => [tableKeyText(schema, entry), entry])));
  }
  const groups = new Map((current.multicast_groups ?? []).map((group) => [group.multicast_group, group]));
  const put = <K, V>(map: Map<K, V>, type: Update['type'], key: K, value: V): void => {
    expect(map.has(key)).toBe(type !== 'insert');
    if (type === 'delete') map.delete(key);
    else map.set(key, value);
  };
  for (const { type, entity } of updates) {
    if ('multicast_group' in entity) put(groups, type, entity.multicast_group, entity);
    else if ('table' in entity) {
      const table = tables.get(entity.table) ?? new Map<string, TableEntry>();
      tables.set(entity.table, table);
      put(table, type, tableKeyText(schema, entity), read(entity));
    } else throw new Error('not asked for');
  }
  return {
    tables: Object.fromEntries([...tables].map(([table, entries]) => [table, [...entries.values()]])),
    multicast_groups: [...groups.values()],
  };
}

const group: fc.Arbitrary<MulticastGroup> = fc.record({
  multicast_group: fc.integer({ min: 1, max: 4 }),
  replicas: fc.uniqueArray(
    fc.record({ port: fc.integer({ min: 1, max: 3 }), instance: fc.nat({ max: 1 }) }),
    { selector: ({ port, instance }) => port * 10 + instance },
  ),
});

/** Few distinct keys, so that the two sides overlap. */
function entries(table: (typeof writable_tables)[number]): fc.Arbitrary<TableEntry[]> {
  return fc.uniqueArray(
    tableEntry(table).map((entry) => {
      const key: TableEntry['match'] = {};
      for (const [name, value] of Object.entries(entry.match)) {
        if (value.kind === 'exact') key[name] = { kind: 'exact', value: value.value % 5n };
        if (value.kind === 'ternary') key[name] = { kind: 'ternary', value: value.value % 4n, mask: 3n };
      }
      return { ...entry, match: key };
    }),
    { selector: (entry) => tableKeyText(schema, entry), maxLength: 8 },
  );
}

const state: fc.Arbitrary<DesiredState> = fc.record({
  tables: fc.record(Object.fromEntries(writable_tables.map((table) => [table.name, entries(table)]))),
  multicast_groups: fc.uniqueArray(group, { selector: ({ multicast_group }) => multicast_group }),
});
const readState = ({ tables, multicast_groups }: DesiredState): CurrentState => ({
  tables: Object.fromEntries(Object.entries(tables).map(([table, all]) => [table, all.map(read)])),
  ...(multicast_groups && { multicast_groups }),
});

test('applied, it makes of any state the desired one; then nothing is left to do', () => {
  fc.assert(
    fc.property(state, state, (before, desired) => {
      const current = readState(before);
      const { updates } = diff(schema, current, desired);
      const after = diff(schema, apply(current, updates), desired);
      expect(after.updates).toEqual([]);
      const total = Object.values(desired.tables).flat().length + (desired.multicast_groups ?? []).length;
      expect(after.unchanged).toBe(total);
    }),
  );
});

test('a state has no difference to itself, whatever the order of its entries', () => {
  fc.assert(
    fc.property(state, (desired) => {
      const current = readState(desired);
      for (const all of Object.values(current.tables)) (all as TableEntry[]).reverse();
      expect(diff(schema, current, desired).updates).toEqual([]);
    }),
  );
});

test('the order is the same whatever the order of the input', () => {
  fc.assert(
    fc.property(state, state, (before, desired) => {
      const current = readState(before);
      const { updates } = diff(schema, current, desired);
      const reversed = structuredCloneReversed(desired);
      expect(diff(schema, current, reversed).updates).toEqual(updates);
    }),
  );
});

function structuredCloneReversed({ tables, multicast_groups = [] }: DesiredState): DesiredState {
  return {
    tables: Object.fromEntries(Object.entries(tables).map(([table, all]) => [table, [...all].reverse()])),
    multicast_groups: [...multicast_groups].reverse(),
  };
}

const bridge = (dst: number, port: number): TableEntry => ({
  table: 'ingress.bridge',
  match: { dst: exact(dst) },
  action: action('ingress.forward', { port }),
});

test('what is referred to comes first and leaves last', () => {
  const known = (src: number): TableEntry => ({
    table: 'ingress.known',
    match: { src: exact(src) },
    action: action('NoAction'),
  });
  const { updates } = diff(
    schema,
    {
      tables: { 'ingress.bridge': [bridge(1, 1)], 'ingress.known': [known(1)] },
      multicast_groups: [{ multicast_group: 1, replicas: [] }],
    },
    {
      tables: { 'ingress.bridge': [bridge(2, 1)], 'ingress.known': [known(2)] },
      multicast_groups: [{ multicast_group: 2, replicas: [] }],
    },
  );
  expect(updates.map(({ type, entity }) => [type, 'table' in entity ? entity.table : 'group'])).toEqual([
    ['insert', 'group'],
    ['delete', 'ingress.known'],
    ['delete', 'ingress.bridge'],
    ['insert', 'ingress.bridge'],
    ['insert', 'ingress.known'],
    ['delete', 'group'],
  ]);
});

test('what is not listed is left alone', () => {
  const current: CurrentState = {
    tables: { 'ingress.bridge': [bridge(1, 1), { ...bridge(2, 2), is_const: true }] },
    multicast_groups: [{ multicast_group: 1, replicas: [] }],
    clone_sessions: [{ clone_session: 1, replicas: [] }],
  };
  expect(diff(schema, current, { tables: {} })).toEqual({ updates: [], unchanged: 0 });
  expect(diff(schema, current, { tables: { 'ingress.bridge': [] } }).updates).toEqual([
    { type: 'delete', entity: bridge(1, 1) },
  ]);
});

test('an entry listed twice, or in another table, is refused', () => {
  const twice = { tables: { bridge: [bridge(1, 1), bridge(1, 2)] } };
  expect(() => diff(schema, { tables: {} }, twice)).toThrow(EncodingError);
  expect(() => diff(schema, { tables: {} }, twice)).toThrow(
    /table ingress\.bridge \{dst=1\}: key: is there twice/,
  );
  expect(() => diff(schema, { tables: {} }, { tables: { acl: [bridge(1, 1)] } })).toThrow(
    /table ingress\.acl: table: listed here is an entry of ingress\.bridge/,
  );
});
