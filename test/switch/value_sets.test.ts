/** Parser value sets on the engine itself: byte 0 of what comes out says which state the parser passed. */
import fc from 'fast-check';
import { EngineError, type MatchValue } from '../../src/switch/engine';
import { ProgramUnderTest } from './program';

const KINDS = 'MyParser.kinds';
const PAIRS = 'MyParser.pairs';
const MIXED = 'MyParser.mixed';
const AHEAD = 'MyParser.ahead';

const Path = { none: 0, by_kind: 1, by_const: 2, by_pair: 3, by_mixed: 4, by_ahead: 5 } as const;

interface Fields {
  kind: number;
  low: number;
  nibble: number;
  address: number;
}

function path(program: ProgramUnderTest, fields: Partial<Fields>, ahead = 0): number | undefined {
  const { kind = 0, low = 0, nibble = 0, address = 0 } = fields;
  const bytes = Buffer.alloc(11);
  bytes.writeUInt16BE(kind, 0);
  bytes[2] = low;
  bytes[3] = nibble << 4;
  bytes.writeUIntBE(address, 4, 6);
  bytes[10] = ahead;
  return program.run(0, bytes)[0]?.frame[0];
}

const exact = (value: number): MatchValue => ({ kind: 'exact', value: BigInt(value) });
const ternary = (value: number, mask: number): MatchValue => ({
  kind: 'ternary',
  value: BigInt(value),
  mask: BigInt(mask),
});
const range = (low: number, high: number): MatchValue => ({
  kind: 'range',
  low: BigInt(low),
  high: BigInt(high),
});
const lpm = (value: number, prefix_length: number): MatchValue => ({
  kind: 'lpm',
  value: BigInt(value),
  prefix_length,
});

function code(work: () => void): string {
  try {
    work();
    return 'OK';
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

let program: ProgramUnderTest;
beforeEach(() => {
  program = new ProgramUnderTest('value_sets');
});

test('an empty set matches nothing', () => {
  expect(path(program, { kind: 0 })).toBe(Path.none);
  expect(path(program, { kind: 0xffff })).toBe(Path.by_const);
  expect(program.engine.valueSet(KINDS)).toEqual([]);
});

test('a set of one field; each write replaces it', () => {
  program.engine.setValueSet(KINDS, [[exact(7)], [exact(0xffff)]]);
  expect([7, 0xffff, 8].map((kind) => path(program, { kind }))).toEqual([1, 1, 0]);
  program.engine.setValueSet(KINDS, [[exact(8)]]);
  expect([7, 0xffff, 8].map((kind) => path(program, { kind }))).toEqual([0, 2, 1]);
  expect(program.engine.valueSet(KINDS)).toEqual([[exact(8)]]);
  program.engine.setValueSet(KINDS, []);
  expect(path(program, { kind: 8 })).toBe(Path.none);
});

test('a set of a struct matches all its fields, wider than 32 bits too', () => {
  program.engine.setValueSet(PAIRS, [
    [exact(1), exact(2), exact(0x0123_4567_89ab)],
    [exact(3), exact(4), exact(5)],
  ]);
  expect(path(program, { kind: 1, nibble: 2, address: 0x0123_4567_89ab })).toBe(Path.by_pair);
  expect(path(program, { kind: 3, nibble: 4, address: 5 })).toBe(Path.by_pair);
  expect(path(program, { kind: 1, nibble: 2, address: 0x1123_4567_89ab })).toBe(Path.none);
  expect(path(program, { kind: 3, nibble: 2, address: 5 })).toBe(Path.none);
});

test('a set behind a lookahead', () => {
  program.engine.setValueSet(AHEAD, [[exact(9)]]);
  expect(path(program, {}, 9)).toBe(Path.by_ahead);
  expect(path(program, {}, 8)).toBe(Path.none);
});

test('ternary, range and LPM fields match as those of a table do', () => {
  const members = fc.uniqueArray(
    fc.record({
      low: fc.tuple(fc.nat(255), fc.constantFrom(0, 0x0f, 0xf0, 0xff)),
      nibble: fc.tuple(fc.nat(15), fc.nat(15)),
      address: fc.tuple(fc.nat(3), fc.constantFrom(0, 46, 47, 48)),
    }),
    {
      maxLength: 3,
      selector: ({ low: [v, mask], nibble, address: [a, length] }) =>
        [v & mask, mask, ...nibble.toSorted((x, y) => x - y), a >> (48 - length), length].join(),
    },
  );
  fc.assert(
    fc.property(members, fc.array(fc.tuple(fc.nat(255), fc.nat(15), fc.nat(3))), (list, frames) => {
      const wanted = list.map(({ low: [v, mask], nibble: [x, y], address: [a, length] }) => ({
        low: ternary(v & mask, mask),
        nibble: range(Math.min(x, y), Math.max(x, y)),
        address: lpm(length === 0 ? 0 : (a >> (48 - length)) << (48 - length), length),
        matches: (l: number, n: number, at: number): boolean =>
          (l & mask) === (v & mask) &&
          n >= Math.min(x, y) &&
          n <= Math.max(x, y) &&
          (length === 0 || at >> (48 - length) === a >> (48 - length)),
      }));
      program.engine.setValueSet(
        MIXED,
        wanted.map(({ low, nibble, address }) => [low, nibble, address]),
      );
      for (const [low, nibble, address] of frames) {
        const expected = wanted.some((member) => member.matches(low, nibble, address));
        expect(path(program, { low, nibble, address })).toBe(expected ? Path.by_mixed : Path.none);
      }
    }),
  );
});

test.each<[string, string, string, MatchValue[][]]>([
  ['more members than it holds', 'RESOURCE_EXHAUSTED', KINDS, [1, 2, 3, 4, 5].map((v) => [exact(v)])],
  ['a member twice', 'ALREADY_EXISTS', KINDS, [[exact(1)], [exact(2)], [exact(1)]]],
  ['a field too few', 'INVALID_ARGUMENT', PAIRS, [[exact(1), exact(2)]]],
  ['a value too wide', 'INVALID_ARGUMENT', KINDS, [[exact(0x10000)]]],
  ['a range upside down', 'INVALID_ARGUMENT', MIXED, [[exact(1), range(3, 2), exact(0)]]],
  ['bits beyond the prefix', 'INVALID_ARGUMENT', KINDS, [[lpm(1, 8)]]],
  ['a prefix too long', 'INVALID_ARGUMENT', KINDS, [[lpm(1, 17)]]],
  ['two kinds in one field', 'INVALID_ARGUMENT', KINDS, [[exact(1)], [range(2, 3)]]],
  ['a set that is not there', 'NOT_FOUND', 'nowhere', []],
])('%s is %s and changes nothing', (_, expected, name, members) => {
  program.engine.setValueSet(KINDS, [[exact(7)]]);
  expect(code(() => program.engine.setValueSet(name, members))).toBe(expected);
  expect(program.engine.valueSet(KINDS)).toEqual([[exact(7)]]);
  expect(path(program, { kind: 7 })).toBe(Path.by_kind);
  expect(path(program, { kind: 1, nibble: 2 })).toBe(Path.none);
});
