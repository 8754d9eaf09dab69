import { P4Info } from 'p4runtime-js';
import {
  formatP4InfoText,
  P4InfoError,
  P4InfoMismatchError,
  P4Schema,
  parseP4InfoText,
} from '../../src/p4runtime';
import { schema } from './arbitrary';

test('objects are found by name, alias and id', () => {
  const bridge = schema.tables.get('ingress.bridge');
  expect(schema.tables.get('bridge')).toBe(bridge);
  expect(schema.tables.getById(bridge.id)).toBe(bridge);
  expect(bridge.key).toEqual([{ id: 1, name: 'dst', width_bits: 48, kind: 'exact' }]);
  expect(bridge.direct_counter?.name).toBe('ingress.bridge_count');
  const acl = schema.tables.get('acl');
  expect(acl.key.map(({ kind }) => kind)).toEqual(['ternary', 'range', 'optional']);
  expect([acl.has_priority, bridge.has_priority]).toEqual([true, false]);
  expect(schema.tables.get('known').has_idle_timeout).toBe(true);
  expect(schema.tables.get('fixed')).toMatchObject({
    is_const: true,
    const_default_action: { alias: 'nothing' },
  });
  expect(schema.packet_in?.fields.map(({ name, width_bits }) => [name, width_bits])).toEqual([
    ['ingress_port', 9],
    ['reason', 7],
  ]);
});

test('what is not there is told with what is', () => {
  expect(() => schema.tables.get('nope')).toThrow(P4InfoMismatchError);
  expect(() => schema.tables.get('nope')).toThrow(
    /every_entity\.p4info\.txtpb: no table nope; there are ingress\./,
  );
  expect(() => schema.tables.getById(1)).toThrow(/no table with id 1: the target runs another program/);
});

test('text and message say the same', () => {
  expect(parseP4InfoText(formatP4InfoText(schema.p4info), 'again')).toEqual(schema.p4info);
});

test.each([
  ['tables {\n  preamble {\n    id: 1\n    nmae: "t"\n  }\n}\n', /^f\.txtpb:4: .*nmae/],
  ['tables {\n  preamble { id: 1 name: "t" }\n', /^f\.txtpb:\d: /],
  [
    '# a "{" comment\ntables { preamble { id: 1 name: "{" } }\n\ntables { preamble { id: "x" } }',
    /^f\.txtpb:4: .*integer/,
  ],
  ['tables { }', /^f\.txtpb: a table has no preamble/],
  ['tables { preamble { id: 1 } }', /no id or no name \(id 1, name ""\)/],
  [
    'tables { preamble { id: 1 name: "t" } action_refs { id: 7 } }',
    /^f\.txtpb: table t: no action with id 7/,
  ],
  [
    'tables { preamble { id: 1 name: "t" } match_fields { id: 1 name: "k" other_match_type: "odd" } }',
    /^f\.txtpb: table t: key k: match kind odd is not supported/,
  ],
  [
    'counters { preamble { id: 1 name: "a" } } counters { preamble { id: 1 name: "b" } }',
    /^f\.txtpb: counter b: id 1 is used twice/,
  ],
])('%j is refused', (text, problem) => {
  expect(() => P4Schema.parse(text, 'f.txtpb')).toThrow(P4InfoError);
  expect(() => P4Schema.parse(text, 'f.txtpb')).toThrow(problem);
});

test('a file that is not there is named', () => {
  expect(() => P4Schema.load('/nowhere/x.p4info.txtpb')).toThrow(
    /^\/nowhere\/x\.p4info\.txtpb: cannot be read: /,
  );
});

test('an alias two objects have names neither', () => {
  const preamble = (id: number, name: string) => ({ preamble: { id, name, alias: 'same' } });
  const twice = new P4Schema(
    P4Info.fromPartial({ counters: [preamble(1, 'a.same'), preamble(2, 'b.same')] }),
    'f',
  );
  expect(twice.counters.get('a.same').id).toBe(1);
  expect(() => twice.counters.get('same')).toThrow(/counter same is ambiguous; there are a\.same, b\.same/);
});
