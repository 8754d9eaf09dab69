import fc from 'fast-check';
import { Heaviest } from '../../src/controller/heaviest';

test('says who has most, whatever comes and goes', () => {
  const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -4, max: 4 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(changes, (all) => {
      const heaviest = new Heaviest<number>();
      const weights = new Map<number, number>();
      for (const [item, wish] of all) {
        const before = weights.get(item) ?? 0;
        const change = Math.max(wish, -before);
        weights.set(item, before + change);
        heaviest.add(item, change);
        const most = Math.max(...weights.values());
        expect(heaviest.weight).toBe(most);
        expect(heaviest.weightOf(item)).toBe(before + change);
        if (most === 0) expect(heaviest.item).toBeUndefined();
        else expect(weights.get(heaviest.item as number)).toBe(most);
      }
    }),
  );
});

test('of equals it is the one that has been so for longest', () => {
  const heaviest = new Heaviest<string>();
  for (const item of ['a', 'b', 'c']) heaviest.add(item, 2);
  heaviest.add('a', 1);
  heaviest.add('a', -1);
  expect(heaviest.item).toBe('b');
});
