import * as fc from 'fast-check';
import { HashedRows } from '../../../src/switch/tables/hashed_rows';
import { Rows } from '../../../src/switch/tables/rows';

const KEYS = 6_000;
const LENGTH = 2;

interface Step {
  what: 'add' | 'add many' | 'remove' | 'remove many' | 'hold' | 'release';
  key: number;
  count: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'add' as const,
    ...['add many' as const, 'add many' as const],
    ...['remove' as const, 'remove many' as const, 'hold' as const, 'release' as const],
  ),
  key: fc.nat(KEYS - 1),
  count: fc.nat(1500),
});

function spread(key: number): Uint32Array {
  return Uint32Array.of(Math.imul(key, 0x9e3779b1), key & 7);
}

/** The inverse of `hashLimbs` for two limbs, given the second: keys that all have the same hash. */
function unmixed(hash: number, second: number): number {
  const inverse = (odd: number): number => {
    let x = odd;
    for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
    return x;
  };
  const word = (limb: number): number => {
    const product = Math.imul(limb, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  const rotatedBack = (x: number): number => (x >>> 13) | (x << 19);
  const before = (x: number): number => rotatedBack(Math.imul((x - 0xe6546b64) | 0, inverse(5)));
  const at_first = before(before(hash) ^ word(second)) ^ LENGTH;
  const product = Math.imul(at_first, inverse(0x1b873593));
  return Math.imul((product >>> 15) | (product << 17), inverse(0xcc9e2d51)) >>> 0;
}

/** As many as share both of their buckets; the next have to go astray. */
function colliding(key: number): Uint32Array {
  return Uint32Array.of(unmixed(key >>> 6, key), key);
}

test.each([
  ['spread', spread],
  ['of the same hash by 64', colliding],
])(
  'rows (keys %s) have what was placed and not removed, wherever it moves, and hold it where it is',
  (_, keyOf) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const row_of = new Map<number, number>();
        const key_at = new Map<number, number>();
        let held = 0;
        const rows = new Rows(LENGTH + 2);
        const hashed = new HashedRows(rows, LENGTH, KEYS, (from, to) => {
          expect(held).toBe(0);
          const key = key_at.get(from) as number;
          key_at.delete(from);
          key_at.set(to, key);
          row_of.set(key, to);
        });
        const add = (key: number): void => {
          if (row_of.has(key)) return;
          const row = hashed.place(keyOf(key));
          if (row < 1 || key_at.has(row)) throw new Error(`row ${row} was given out twice`);
          rows.records[row * rows.stride + LENGTH + 1] = key;
          row_of.set(key, row);
          key_at.set(row, key);
        };
        const remove = (key: number): void => {
          const row = row_of.get(key);
          if (row === undefined) return;
          hashed.remove(row);
          row_of.delete(key);
          key_at.delete(row);
        };
        const check = (key: number): void => {
          const row = hashed.find(keyOf(key));
          if (row !== (row_of.get(key) ?? 0)) expect([key, row]).toEqual([key, row_of.get(key) ?? 0]);
          if (row !== 0 && rows.records[row * rows.stride + LENGTH + 1] !== key)
            throw new Error(`what belongs to key ${key} has not moved with it`);
        };
        for (const { what, key, count } of steps) {
          if (what === 'hold' && held < 2) {
            held++;
            hashed.hold();
          } else if (what === 'release' && held > 0) {
            held--;
            hashed.release();
          } else if (what === 'add') add(key);
          else if (what === 'remove') remove(key);
          else if (what === 'add many' || what === 'remove many')
            for (let i = 0; i < count; i++) (what === 'add many' ? add : remove)((key + i) % KEYS);
          check(key);
        }
        expect(hashed.size).toBe(row_of.size);
        for (const row of key_at.keys()) expect(row).toBeLessThan(hashed.end);
        for (let key = 0; key < KEYS; key++) check(key);
      }),
      { numRuns: 40 },
    );
  },
);

test('a full table takes little more room than its entries', () => {
  const rows = new Rows(LENGTH + 2);
  const hashed = new HashedRows(rows, LENGTH, 100_000, () => undefined);
  for (let key = 0; key < 100_000; key++) hashed.place(Uint32Array.of(Math.imul(key, 0x9e3779b1), 0));
  expect(rows.records.length / rows.stride / 100_000).toBeLessThan(1.5);
});

test.each([30, 90])(
  'rows that were taken while others were held are used again (%i placed between)',
  (between) => {
    const max = 1024;
    const rows = new Rows(LENGTH + 2);
    const hashed = new HashedRows(rows, LENGTH, max, () => undefined);
    let next = 0;
    const add = (count: number): Uint32Array[] =>
      Array.from({ length: count }, () => {
        const key = spread(next++);
        hashed.place(key);
        return key;
      });
    const remove = (keys: Uint32Array[]): void => {
      for (const key of keys) hashed.remove(hashed.find(key));
    };
    const found = (keys: Uint32Array[]): number => keys.filter((key) => hashed.find(key) !== 0).length;
    // Some stay all the time.
    const kept = add(20);
    for (let cycle = 0; cycle < 200; cycle++) {
      hashed.hold();
      const keys = add(1000);
      hashed.release();
      expect([found(keys), found(kept)]).toEqual([1000, 20]);
      remove(keys);
      expect([found(keys), found(kept), hashed.size]).toEqual([0, 20, 20]);
      const few = add(cycle % between);
      expect(found(few)).toBe(few.length);
      remove(few);
      expect(found(few)).toBe(0);
      expect(hashed.end).toBeLessThan(3 * max);
    }
  },
);

test('entries beyond the size that was announced are found while there are rows, then refused', () => {
  const hashed = new HashedRows(new Rows(LENGTH + 2), LENGTH, 8, () => undefined);
  hashed.hold();
  let count = 0;
  const placeMany = (): void => {
    for (; count < 100; count++) hashed.place(spread(count));
  };
  expect(placeMany).toThrow(RangeError);
  expect(count).toBeGreaterThan(8);
  expect(hashed.size).toBe(count);
  for (let key = 0; key < 100; key++) expect(hashed.find(spread(key)) !== 0).toBe(key < count);
});
