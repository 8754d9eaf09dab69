import { createEngine, describeCode, type PacketTrace } from '../../../src/switch';
import { literal, Source } from '../../../src/switch/compile/source';
import { programText } from '../program';

const PROGRAMS = [
  'router',
  'corners',
  'externs',
  'flow',
  'hashes',
  'loops',
  'meters',
  'parsing',
  'selectors',
];
const MORE = ['stacks', 'value_sets', 'copies', 'matches', 'arithmetic', 'server'];
const TERMINATORS = ['\n', '\r', '\u2028', '\u2029'];
/** Names that the format or the architecture gives a meaning of their own. */
const FIXED = new Set([
  'standard_metadata',
  'scalars',
  'parser',
  'deparser',
  'ingress',
  'egress',
  '__HIT__',
  '__MISS__',
]);

declare global {
  var hostile_name_ran: boolean | undefined;
}

afterEach(() => (globalThis.hostile_name_ran = undefined));

/** Every text that names something, wherever it stands. */
function namesOf(json: unknown, names = new Set<string>()): Set<string> {
  if (Array.isArray(json)) {
    // [name, width] of fields, [name, number] of errors, [name, [header, field]] of aliases.
    if (typeof json[0] === 'string' && json.length > 1 && typeof json[1] !== 'string') names.add(json[0]);
    json.forEach((item) => namesOf(item, names));
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, value] of Object.entries(json)) {
      if (['name', 'fragment', 'filename', 'source_fragment'].includes(key) && typeof value === 'string')
        names.add(value);
      namesOf(value, names);
    }
  }
  return names;
}

/** The same program with every name made hostile, and every reference to it too. */
function withHostileNames(json: unknown, hostile: (name: string) => string): unknown {
  const standard = (json as { header_types: { name: string; fields: [string][] }[] }).header_types
    .filter(({ name }) => name === 'standard_metadata' || name === 'scalars_0')
    .flatMap(({ fields }) => fields.map(([field]) => field));
  const names = namesOf(json);
  const kept = new Set([...FIXED, ...standard]);
  const rename = (text: string): string => (names.has(text) && !kept.has(text) ? hostile(text) : text);
  const walk = (part: unknown, key: string): unknown => {
    if (Array.isArray(part)) return part.map((item) => walk(item, key));
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(
        Object.entries(part).map(([member, value]) => [
          key === 'next_tables' ? rename(member) : member,
          walk(value, member),
        ]),
      );
    // What is an operation or a type stays one, also where something has the same name.
    return typeof part === 'string' && !['op', 'type', 'algo', 'match_type'].includes(key)
      ? rename(part)
      : part;
  };
  return walk(json, '');
}

test.each([...PROGRAMS, ...MORE])('%s: names that end lines run nothing', (name) => {
  const payload = 'globalThis.hostile_name_ran = true; throw new Error("ran"); //';
  const ending = TERMINATORS.map((terminator) => `"'\`*/${terminator}${payload}`).join('');
  const json = withHostileNames(JSON.parse(programText(name)), (text) => `${text}${ending}`) as object;
  expect(describeCode(json)).toContain(payload);
  const logged: string[] = [];
  const traces: PacketTrace[] = [];
  const engine = createEngine(json, {
    send: () => undefined,
    digest: () => undefined,
    idle: () => undefined,
    trace: (trace) => void traces.push(trace),
    log: (level, message) => level === 'error' && logged.push(message),
  });
  // Frames that are let in loop for long in this program.
  const lengths = name === 'loops' ? [0] : [0, 14, 60, 200];
  for (const filter of [undefined, {}]) {
    engine.setTrace(filter);
    for (const length of lengths)
      for (const fill of [0, 1, 0x08, 0xff]) engine.receive(1, Buffer.alloc(length, fill), length);
  }
  expect(traces.length).toBeGreaterThan(0);
  expect(globalThis.hostile_name_ran).toBeUndefined();
  expect(logged.filter((message) => message.includes('a frame is dropped'))).toEqual([]);
});

test('an algorithm is none of what every object has', () => {
  const json = JSON.parse(programText('hashes')) as { calculations: { algo: string }[] };
  for (const calculation of json.calculations) calculation.algo = 'constructor';
  expect(() => describeCode(json)).toThrow(/hash algorithm "constructor" is not supported/);
});

test.each(TERMINATORS.map((one) => [JSON.stringify(one), one]))(
  'a line ends nowhere at %s',
  (_, terminator) => {
    const text = `a${terminator}b "c" \\`;
    expect(new Source().line('x;', text).toString()).toBe('x; // a b "c" \\');
    expect(() => new Source().line(text)).toThrow(RangeError);
    expect(literal(text)).not.toContain(terminator);
    expect(JSON.parse(literal(text))).toBe(text);
  },
);
