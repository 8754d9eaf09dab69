import * as fc from 'fast-check';
import { HashIndex } from '../../../src/switch/tables/hash_index';
import { Rows } from '../../../src/switch/tables/rows';

const STRIDE = 3;
const KEYS = 12_000;
const step = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'remove', 'replace', 'add many', 'remove many'),
  key: fc.nat(KEYS - 1),
  count: fc.nat(3000),
});

/** Entry e and its twin e + KEYS have the same key. */
function keyOf(entry: number): [number, number] {
  const key = entry % KEYS;
  return [Math.imul(key, 0x9e3779b1) >>> 0, key & 7];
}

test.each([
  ['plain', {}],
  ['with tags', { is_sparse: true }],
  ['masked', { mask: Uint32Array.of(0xffffffff, 7), is_sparse: true }],
])('an index (%s) has what was added and not removed, while it grows too', (_, options) => {
  const rows = new Rows(STRIDE);
  rows.reserve(2 * KEYS);
  for (let entry = 1; entry <= 2 * KEYS; entry++) {
    const [a, b] = keyOf(entry);
    // Beyond the mask, where there is one, records may differ.
    rows.records.set(
      ['mask' in options ? [a, (b | (entry << 3)) >>> 0, 9] : [a, b, 9]].flat(),
      entry * STRIDE,
    );
  }
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const index = new HashIndex(rows, 2, { entry_max: 2 * KEYS, ...options });
      const model = new Map<number, number>();
      const probe = (key: number): number => index.find(Uint32Array.from(keyOf(key)));
      const add = (key: number): void => {
        if (model.has(key)) return;
        model.set(key, key === 0 ? KEYS : key);
        index.add(key === 0 ? KEYS : key);
      };
      const remove = (key: number): void => {
        const entry = model.get(key);
        if (entry === undefined) return;
        model.delete(key);
        index.remove(entry);
      };
      for (const { what, key, count } of steps) {
        if (what === 'add') add(key);
        else if (what === 'remove') remove(key);
        else if (what === 'replace') {
          const entry = model.get(key);
          if (entry === undefined) continue;
          const twin = entry > KEYS ? entry - KEYS : entry + KEYS;
          model.set(key, twin);
          index.replace(entry, twin);
        } else {
          for (let i = 0; i < count; i++) (what === 'add many' ? add : remove)((key + i) % KEYS);
        }
        expect(probe(key)).toBe(model.get(key) ?? 0);
      }
      expect(index.size).toBe(model.size);
      for (let key = 0; key < KEYS; key += 7) expect(probe(key)).toBe(model.get(key) ?? 0);
      for (const [key, entry] of model)
        if (probe(key) !== entry) expect([key, probe(key)]).toEqual([key, entry]);
    }),
    { numRuns: 40 },
  );
});

test('an entry number that does not fit is refused', () => {
  const rows = new Rows(2);
  const index = new HashIndex(rows, 1, { entry_max: 6 });
  rows.reserve(8);
  for (let entry = 1; entry <= 8; entry++) rows.records[entry * rows.stride] = entry;
  index.add(6);
  expect(() => index.add(7)).toThrow(RangeError);
  expect(() => index.replace(6, 8)).toThrow(RangeError);
  expect([index.size, index.find(Uint32Array.of(6)), index.find(Uint32Array.of(8))]).toEqual([1, 6, 0]);
});
