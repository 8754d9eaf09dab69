import * as fc from 'fast-check';
import { TernaryLookup } from '../../../src/switch/tables/lookup';
import { MatchFormat } from '../../../src/switch/tables/match';
import { Rows } from '../../../src/switch/tables/rows';

interface Rule {
  value: bigint;
  mask: bigint;
  priority: number;
}

function makeTable(width: number, max_size: number) {
  const format = new MatchFormat('table', [{ name: 'key', kind: 'ternary', width }]);
  const lookup = new TernaryLookup(new Rows(format.stride + 1), format, max_size);
  const encode = ({ value, mask, priority }: Rule): Uint32Array => {
    const record = new Uint32Array(format.stride);
    format.encode([{ kind: 'ternary', value: value & mask, mask }], priority, record);
    return record;
  };
  return { lookup, encode };
}

test('of rules that match one of the highest priority is found, as they come and go', () => {
  const rule = fc.record({
    value: fc.bigInt(0n, 15n),
    mask: fc.bigInt(1n, 15n),
    priority: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 120 }), (given) => {
      const { lookup, encode } = makeTable(4, given.length);
      const rules = new Map<number, Rule>();
      for (const one of given) {
        const record = encode(one);
        const known = lookup.same(record);
        if (known === 0) rules.set(lookup.place(record), one);
        else {
          lookup.remove(known);
          rules.delete(known);
        }
        for (let key = 0; key < 16; key++) {
          const matching = [...rules.values()].filter(
            ({ value, mask }) => (BigInt(key) & mask) === (value & mask),
          );
          const highest = Math.max(0, ...matching.map(({ priority }) => priority));
          const found = rules.get(lookup.find(Uint32Array.of(key)));
          if ((found?.priority ?? 0) !== highest) expect([key, found]).toEqual([key, highest]);
          if (found !== undefined && !matching.includes(found)) expect(matching).toContain(found);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('of ten thousand masks the one of the highest priority is found', () => {
  const count = 10_000;
  const { lookup, encode } = makeTable(16, count);
  const priorityOf = (i: number): number => 1 + (Math.imul(i, 7919) & 0xffff);
  let [best, highest] = [0, 0];
  for (let i = 1; i <= count; i++) {
    const priority = priorityOf(i);
    const entry = lookup.place(encode({ value: 0xffffn, mask: BigInt(i), priority }));
    if (priority > highest) [best, highest] = [entry, priority];
  }
  expect(lookup.find(Uint32Array.of(0xffff))).toBe(best);
});
