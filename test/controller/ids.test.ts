import fc from 'fast-check';
import { assignIds } from '../../src/controller/ids';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 63 });

test('numbers differ, are in range and do not depend on the order', () => {
  fc.assert(
    fc.property(names, (all) => {
      const ids = assignIds('pools', all, 64);
      expect(new Set(ids.values()).size).toBe(all.length);
      for (const id of ids.values()) {
        expect(id).toBeGreaterThanOrEqual(1);
        expect(id).toBeLessThanOrEqual(63);
      }
      expect(assignIds('pools', [...all].reverse(), 64)).toEqual(ids);
    }),
  );
});

test('a store that is added leaves the others their numbers, unless hashes collide', () => {
  const before = assignIds('stores', ['store1', 'store2', 'store3'], 4096);
  const after = assignIds('stores', ['store0', 'store1', 'store2', 'store3'], 4096);
  for (const [name, id] of before) expect(after.get(name)).toBe(id);
});

test('too many names are an error', () => {
  expect(() => assignIds('pools', ['a', 'b', 'c', 'd'], 4)).toThrow('4 pools: the P4 program has room for 3');
});
