import fc from 'fast-check';
import type { MatchValue } from '../../src/switch';
import { ProgramUnderTest } from './program';

const MISS = 0xffffffffn;
const WIDTHS = { a: 16, b: 32, c: 128, d: 8 } as const;
type KeyName = keyof typeof WIDTHS;
type Key = Record<KeyName, bigint>;

interface TableSpec {
  keys: { name: KeyName; kind: MatchValue['kind'] }[];
  /** Position of the table's result in the packet. */
  result: number;
}

const TABLES: Record<string, TableSpec> = {
  exact: {
    keys: [
      { name: 'a', kind: 'exact' },
      { name: 'c', kind: 'exact' },
    ],
    result: 0,
  },
  lpm: {
    keys: [
      { name: 'a', kind: 'exact' },
      { name: 'b', kind: 'lpm' },
    ],
    result: 1,
  },
  lpm_wide: { keys: [{ name: 'c', kind: 'lpm' }], result: 2 },
  ternary: {
    keys: [
      { name: 'a', kind: 'ternary' },
      { name: 'b', kind: 'lpm' },
      { name: 'c', kind: 'ternary' },
    ],
    result: 3,
  },
  range: {
    keys: [
      { name: 'a', kind: 'range' },
      { name: 'd', kind: 'ternary' },
      { name: 'c', kind: 'range' },
    ],
    result: 4,
  },
  optional: {
    keys: [
      { name: 'a', kind: 'optional' },
      { name: 'd', kind: 'optional' },
    ],
    result: 5,
  },
};

/** Few values, far apart in their bits, so that entries and packets meet. */
function small(width: number): fc.Arbitrary<bigint> {
  const all = (1n << BigInt(width)) - 1n;
  return fc.oneof(
    fc.nat(3).map((n) => BigInt(n)),
    fc.nat(3).map((n) => (BigInt(n) << BigInt(width - 2)) & all),
    fc.bigInt(0n, all),
  );
}

function prefix(width: number, length: number): bigint {
  const all = (1n << BigInt(width)) - 1n;
  return all ^ (all >> BigInt(length));
}

function matchArbitrary(kind: MatchValue['kind'], width: number): fc.Arbitrary<MatchValue> {
  const all = (1n << BigInt(width)) - 1n;
  switch (kind) {
    case 'exact':
      return small(width).map((value) => ({ kind, value }));
    case 'lpm':
      return fc
        .tuple(small(width), fc.constantFrom(0, 1, 2, width >> 1, width - 1, width))
        .map(([value, length]) => ({ kind, value: value & prefix(width, length), prefix_length: length }));
    case 'ternary':
      return fc
        .tuple(small(width), fc.constantFrom(0n, 3n, all, all >> 1n, all ^ (all >> 2n)))
        .map(([value, mask]) => ({ kind, value: value & mask, mask }));
    case 'range':
      return fc
        .tuple(small(width), small(width))
        .map(([x, y]) => ({ kind, low: x < y ? x : y, high: x < y ? y : x }));
    case 'optional':
      return fc.option(small(width), { nil: undefined }).map((value) => ({ kind, value }));
  }
}

function matches(match: MatchValue, value: bigint, width: number): boolean {
  switch (match.kind) {
    case 'exact':
      return value === match.value;
    case 'lpm':
      return (value & prefix(width, match.prefix_length)) === match.value;
    case 'ternary':
      return (value & match.mask) === match.value;
    case 'range':
      return value >= match.low && value <= match.high;
    case 'optional':
      return match.value === undefined || value === match.value;
  }
}

interface Entry {
  match: MatchValue[];
  priority: number;
}

/** The rule itself: of the matching entries the longest prefix wins where there are no priorities, else those. */
function winner(entries: Map<number, Entry>, spec: TableSpec, key: Key, prioritised: boolean): bigint {
  let best = MISS;
  let best_rank = -1;
  for (const [value, entry] of entries) {
    if (!spec.keys.every(({ name }, i) => matches(entry.match[i] as MatchValue, key[name], WIDTHS[name])))
      continue;
    const lengths = entry.match.map((m) => (m.kind === 'lpm' ? m.prefix_length : 0));
    const rank = prioritised ? entry.priority : Math.max(...lengths);
    if (rank > best_rank) [best, best_rank] = [BigInt(value), rank];
  }
  return best;
}

const key: fc.Arbitrary<Key> = fc.record({
  a: small(16),
  b: small(32),
  c: small(128),
  d: small(8),
});

function frame({ a, b, c, d }: Key): string {
  return (
    [
      [a, 4],
      [b, 8],
      [c, 32],
      [d, 2],
    ] as const
  )
    .map(([value, digits]) => value.toString(16).padStart(digits, '0'))
    .join('');
}

function result(program: ProgramUnderTest, k: Key, index: number): bigint {
  const [sent] = program.runHex(0, frame(k));
  return BigInt(`0x${(sent ?? '').slice(2 + index * 8, 10 + index * 8)}`);
}

describe.each(Object.entries(TABLES))('%s', (name, spec) => {
  const table = `match.by_${name}`;
  const prioritised = spec.keys.some(({ kind }) => ['ternary', 'range', 'optional'].includes(kind));
  const entry = fc.tuple(...spec.keys.map((k) => matchArbitrary(k.kind, WIDTHS[k.name])));

  test('finds what a naive search finds, while entries come and go', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ insert: entry }) },
      { weight: 1, arbitrary: fc.record({ remove: fc.nat() }) },
      { weight: 4, arbitrary: fc.record({ look: key }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const program = new ProgramUnderTest('matches');
        const entries = new Map<number, Entry>();
        let next = 1;
        for (const s of steps) {
          if ('insert' in s) {
            // Each priority once, so that one entry wins.
            const priority = prioritised ? (next * 7919) % 10007 : 0;
            const value = next++;
            try {
              program.insert(table, s.insert, { name: `match.set_${name}`, args: [BigInt(value)] }, priority);
              entries.set(value, { match: s.insert, priority });
            } catch (error) {
              expect(error).toMatchObject({ code: 'ALREADY_EXISTS' });
            }
          } else if ('remove' in s) {
            const values = [...entries.keys()];
            const value = values[s.remove % values.length];
            const victim = value === undefined ? undefined : entries.get(value);
            if (value === undefined || victim === undefined) continue;
            program.engine.deleteEntry(table, victim);
            entries.delete(value);
          } else {
            expect(result(program, s.look, spec.result)).toBe(winner(entries, spec, s.look, prioritised));
          }
        }
        const stored = [...program.engine.entries(table)]
          .map((e) => Number('args' in e.action ? e.action.args[0] : NaN))
          .sort((x, y) => x - y);
        expect(stored).toEqual([...entries.keys()].sort((x, y) => x - y));
      }),
      { numRuns: 60 },
    );
  });
});

test('const entries: the first listed wins, and none can be written', () => {
  const program = new ProgramUnderTest('matches');
  const look = (a: bigint, d: bigint): bigint => result(program, { a, b: 0n, c: 0n, d }, 6);
  expect([look(5n, 0x81n), look(5n, 0x11n), look(50n, 0x81n), look(200n, 0x11n), look(200n, 0n)]).toEqual([
    1n,
    2n,
    2n,
    3n,
    0n,
  ]);
  const [first] = program.engine.entries('match.by_constant');
  expect(first).toMatchObject({
    is_const: true,
    match: [{ kind: 'range', low: 1n, high: 9n }, { kind: 'ternary' }],
  });
  if (first === undefined) throw new Error('no entry');
  expect(() => program.engine.deleteEntry('match.by_constant', first)).toThrow('the entries are const');
});

describe('what cannot be written', () => {
  const program = new ProgramUnderTest('matches');
  const action = { name: 'match.set_lpm', args: [1n] };
  const lpm = (value: bigint, prefix_length: number): MatchValue => ({ kind: 'lpm', value, prefix_length });
  const a: MatchValue = { kind: 'exact', value: 1n };
  const insert =
    (match: MatchValue[], call = action, priority = 0) =>
    () =>
      program.insert('match.by_lpm', match, call, priority);

  test.each([
    [
      'a key too wide',
      insert([{ kind: 'exact', value: 65536n }, lpm(0n, 0)]),
      /"hdr.key.a": 65536 does not fit in 16 bits/,
    ],
    ['a prefix too long', insert([a, lpm(0n, 33)]), /prefix length 33 is not within 0..32/],
    ['bits beyond the prefix', insert([a, lpm(1n, 8)]), /bits are set beyond the prefix length 8/],
    ['the wrong kind', insert([a, { kind: 'exact', value: 1n }]), /"hdr.key.b" is matched lpm/],
    ['a key missing', insert([a]), /expected 2 match fields, found 1/],
    ['a priority', insert([a, lpm(0n, 0)], action, 5), /priority must be 0/],
    [
      'another action',
      insert([a, lpm(0n, 0)], { name: 'match.set_exact', args: [1n] }),
      /is not one of its actions/,
    ],
    [
      'an argument too wide',
      insert([a, lpm(0n, 0)], { name: action.name, args: [1n << 32n] }),
      /does not fit in 32 bits/,
    ],
    [
      'an argument missing',
      insert([a, lpm(0n, 0)], { name: action.name, args: [] }),
      /takes 1 arguments, found 0/,
    ],
  ])('%s', (_, write, message) => {
    expect(write).toThrow(message);
    expect([...program.engine.entries('match.by_lpm')]).toEqual([]);
  });

  test('an unknown table', () => {
    expect(() => program.engine.entries('nothing')).toThrow('the program has no table named "nothing"');
  });

  test('more entries than the table holds', () => {
    const full = new ProgramUnderTest('matches');
    const add = (i: number): void =>
      full.insert('match.by_lpm', [{ kind: 'exact', value: BigInt(i) }, lpm(0n, 0)], action);
    for (let i = 0; i < 65536; i++) add(i);
    full.engine.deleteEntry('match.by_lpm', { match: [a, lpm(0n, 0)], priority: 0 });
    add(1);
    expect(() => full.insert('match.by_lpm', [a, lpm(1n << 31n, 1)], action)).toThrow(
      'the table is full (65536 entries)',
    );
  });
});
