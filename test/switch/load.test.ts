import { createEngine, describeCode, ProgramError } from '../../src/switch';
import { programText } from './program';

const EVENTS = { send: () => undefined, digest: () => undefined, idle: () => undefined };

type Json = unknown;

/** A part of a program, for a test to spoil. */
function at(json: Json, ...path: (string | number)[]): Record<string, unknown> {
  return path.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], json) as Record<
    string,
    unknown
  >;
}

function load(name: string, spoil: (json: Json) => void): () => void {
  const json = JSON.parse(programText(name)) as object;
  spoil(json);
  return () => void createEngine(json, EVENTS);
}

const set = (object: Record<string, unknown>, key: string, value: unknown): void => {
  object[key] = value;
};

/** Of the first action that does anything. */
function firstPrimitive(json: Json): Record<string, unknown> {
  const actions = at(json, 'actions') as unknown as { primitives: Record<string, unknown>[] }[];
  const [primitive] = actions.flatMap((action) => action.primitives);
  if (primitive === undefined) throw new Error('no action does anything');
  return primitive;
}

test('text cut short', () => {
  const text = programText('router');
  for (const length of [0, 1, 100, text.length >> 1, text.length - 2])
    expect(() => createEngine(text.slice(0, length), EVENTS)).toThrow(/^program: not JSON: /);
});

test.each([
  ['a list', '[]', 'program: expected an object, found an array'],
  ['an empty object', '{}', 'program: member "header_types" is missing'],
])('%s is not a program', (_, text, message) => {
  expect(() => createEngine(text, EVENTS)).toThrow(new ProgramError(message.slice(9), ''));
});

test.each<[string, (json: Json) => void, RegExp]>([
  [
    'another format version',
    (j) => set(at(j, '__meta__'), 'version', [3, 0]),
    /__meta__.version\[0\]: expected BMv2 JSON format version 2, found 3/,
  ],
  [
    'another architecture',
    (j) => set(at(j, 'pipelines', 0), 'name', 'psa_ingress'),
    /pipelines: no "ingress": only programs for v1model are supported/,
  ],
  [
    'a table that is not there',
    (j) => set(at(j, 'pipelines', 0), 'init_table', 'nowhere'),
    /pipelines\[0\].init_table: there is no table, condition or action call named "nowhere"/,
  ],
  [
    'a parser state that is not there',
    (j) => set(at(j, 'parsers', 0, 'parse_states', 0, 'transitions', 0), 'next_state', 'nowhere'),
    /parse_states\[0\].transitions\[0\].next_state: there is no parser state named "nowhere"/,
  ],
  [
    'an action that is not there',
    (j) => set(at(j, 'pipelines', 0, 'tables', 0), 'action_ids', [99]),
    /tables\[0\].action_ids\[0\]: there is no action with id 99 \(router.p4:\d+/,
  ],
  [
    'a primitive this switch has not',
    (j) => set(firstPrimitive(j), 'op', 'teleport'),
    /actions\[\d+\].primitives\[0\]: primitive "teleport" is not supported \(router.p4:\d+ `/,
  ],
  [
    'a meter of three rates',
    (j) =>
      set(at(j), 'meter_arrays', [
        { name: 'm', type: 'bytes', rate_count: 3, source_info: { filename: 'x.p4', line: 7 } },
      ]),
    /meter_arrays\[0\]: meter "m" with 3 rates is not supported, only with two \(x.p4:7\)/,
  ],
  [
    'an action profile that is not there',
    (j) => {
      set(at(j, 'pipelines', 0, 'tables', 0), 'type', 'indirect');
      set(at(j, 'pipelines', 0, 'tables', 0), 'action_profile', 'ap');
      set(at(j, 'pipelines', 0, 'tables', 0), 'default_entry', null);
    },
    /tables\[0\].action_profile: there is no action profile named "ap" \(router.p4:\d+/,
  ],
  [
    'a selector that is none',
    (j) => {
      set(at(j, 'pipelines', 0), 'action_profiles', [{ name: 'ap', id: 0 }]);
      set(at(j, 'pipelines', 0, 'tables', 0), 'type', 'indirect_ws');
      set(at(j, 'pipelines', 0, 'tables', 0), 'action_profile', 'ap');
      set(at(j, 'pipelines', 0, 'tables', 0), 'default_entry', null);
    },
    /action profile "ap" has no selector/,
  ],
  [
    'a default entry beside an action profile',
    (j) => set(at(j, 'pipelines', 0, 'tables', 0), 'type', 'indirect'),
    /tables\[0\].default_entry: a table with an action profile cannot have "default_entry"/,
  ],
  [
    'a value set of another width than the key',
    (j) => {
      set(at(j), 'parse_vsets', [{ name: 'v', id: 0, compressed_bitwidth: 15, max_size: 4 }]);
      const transition = at(j, 'parsers', 0, 'parse_states', 0, 'transitions', 0);
      set(transition, 'type', 'parse_vset');
      set(transition, 'value', 'v');
    },
    /transitions\[0\]: parser value set "v" is of 15 bits, the transition key of 16/,
  ],
  [
    'a header that is not there',
    (j) => set(at(j, 'deparsers', 0), 'order', ['ghost']),
    /deparsers\[0\].order\[0\]: there is no header named "ghost"/,
  ],
  [
    'a hash algorithm this switch has not',
    (j) => set(at(j, 'calculations', 0), 'algo', 'md5'),
    /calculation ".*": hash algorithm "md5" is not supported \(router.p4:\d+/,
  ],
])('%s', (_, spoil, message) => {
  expect(load('router', spoil)).toThrow(message);
  expect(load('router', spoil)).toThrow(ProgramError);
});

test('the code a program compiles to can be read', () => {
  const code = describeCode(programText('router'));
  expect(code).toMatch(/function parse\(start, end\)/);
  expect(code).toMatch(/function apply_route_routes\(/);
});

test.each<[string, string, (json: Json) => void, RegExp]>([
  [
    'a register of more bits than there is memory for',
    'externs',
    (j) => Object.assign(at(j, 'register_arrays', 0), { size: 2 ** 28, bitwidth: 2048 }),
    /register_arrays\[0\]: register "[^"]+" of 268435456 cells of 2048 bits: with those before it 17179869184 words of 32 bits, 268435456 are possible/,
  ],
  [
    'registers that together are too large',
    'indices',
    (j) =>
      [0, 1].forEach((i) => Object.assign(at(j, 'register_arrays', i), { size: 2 ** 23, bitwidth: 992 })),
    /register_arrays\[1\]: register "[^"]+" of 8388608 cells of 992 bits: with those before it 520093696 words/,
  ],
  [
    'a register of more cells than there is memory for',
    'server',
    (j) => set(at(j, 'register_arrays', 0), 'size', 1e12),
    /register_arrays\[0\]: register "[^"]+" of 1000000000000 cells: 0\.\.268435456 are possible/,
  ],
  [
    'a counter of fewer cells than none',
    'server',
    (j) => set(at(j, 'counter_arrays', 1), 'size', -1),
    /counter_arrays\[1\]: counter "[^"]+" of -1 cells/,
  ],
  [
    'a field of fewer bits than none',
    'router',
    (j) => set(at(j, 'header_types', 1, 'fields', 0), '1', -5),
    /header_types\[1\].fields\[0\]: field "[^"]+" of -5 bits/,
  ],
  [
    'a table of fewer entries than none',
    'router',
    (j) => set(at(j, 'pipelines', 0, 'tables', 0), 'max_size', -1),
    /tables\[0\].max_size: table "[^"]+" of -1 entries/,
  ],
])('%s is refused with its name', (_, program, spoil, message) => {
  expect(load(program, spoil)).toThrow(message);
});

test('control flow that comes back is refused by name', () => {
  const spoil = (json: Json): void => {
    const tables = at(json, 'pipelines', 0, 'tables') as unknown as Record<string, unknown>[];
    const [first] = tables;
    if (first === undefined) throw new Error('no table');
    set(first, 'base_default_next', first['name']);
  };
  expect(load('router', spoil)).toThrow(/^pipelines\[0\]: control flow comes back to "([^"]+)": \1 -> \1/);
});
