import fc from 'fast-check';
import { drawsOf } from '../../src/controller/draws';
import type { Member } from '../../src/controller/maglev';

const LENGTH = 1024;

const members = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 64 })
  .map((weights) => weights.map((weight, i): Member => ({ name: `s${i}`, weight })))
  .filter((all) => all.some(({ weight }) => weight > 0));

const counts = (names: readonly string[]) => {
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return count;
};

test('the first of the draws are each member as often as its weight says', () => {
  fc.assert(
    fc.property(members, (all) => {
      const draws = drawsOf(all, LENGTH);
      const total = all.reduce((sum, { weight }) => sum + weight, 0);
      const count = counts(draws.map(([first]) => first.name));
      for (const { name, weight } of all) {
        expect(Math.abs((count.get(name) ?? 0) - (LENGTH * weight) / total)).toBeLessThan(1 + 1e-6);
      }
    }),
    { numRuns: 40 },
  );
});

test('equal members come equally often in every place, and meet each other', () => {
  const n = 8;
  const draws = drawsOf(
    Array.from({ length: n }, (_, i) => ({ name: `s${i}`, weight: 1 })),
    LENGTH,
  );
  for (const place of [0, 1, 2, 3] as const) {
    const count = [...counts(draws.map((draw) => draw[place].name)).values()];
    expect(count).toHaveLength(n);
    for (const times of count) expect(Math.abs(times - LENGTH / n)).toBeLessThan(4);
  }
  const pairs = counts(draws.map(([a, b]) => `${a.name} ${b.name}`));
  expect(pairs.size).toBe(n * (n - 1));
  expect(Math.min(...pairs.values())).toBeGreaterThan(5);
});

test('a rotation: between two turns of one of n equal members come all others', () => {
  const draws = drawsOf(
    ['c', 'a', 'b'].map((name) => ({ name, weight: 5 })),
    LENGTH,
  );
  expect(draws.slice(0, 6).map(([first]) => first.name)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});

test('equal members are told apart within a draw', () => {
  for (const n of [2, 3, 4, 5, 8, 64]) {
    const draws = drawsOf(
      Array.from({ length: n }, (_, i) => ({ name: `s${i}`, weight: 1 })),
      LENGTH,
    );
    const distinct = Math.min(n, 4);
    for (const draw of draws) expect(new Set(draw.map(({ name }) => name)).size).toBe(distinct);
  }
});

test('the order in which members are named does not matter', () => {
  const all = [3, 1, 2].map((weight) => ({ name: `w${weight}`, weight }));
  expect(drawsOf([...all].reverse(), LENGTH)).toEqual(drawsOf(all, LENGTH));
});

test('an outstanding request weighs in inverse proportion to the weight', () => {
  const cost = new Map(
    drawsOf(
      [1, 2, 1000].map((weight) => ({ name: `w${weight}`, weight })),
      LENGTH,
    ).flatMap((draw) => draw.map((offer): [string, number] => [offer.name, offer.cost])),
  );
  expect(Object.fromEntries(cost)).toEqual({ w1: 64000, w2: 32000, w1000: 64 });
});

test('nobody with a weight, no draws', () => {
  expect(drawsOf([{ name: 'a', weight: 0 }], LENGTH)).toEqual([]);
});

/** The rotations as one would write them down: every taker's credit, in every step. */
function plainly(all: readonly Member[], length: number): string[] {
  const takers = all.filter(({ weight }) => weight > 0).sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = takers.reduce((sum, { weight }) => sum + weight, 0);
  const credits = takers.map((taker) => ({ ...taker, credit: 0 }));
  return Array.from({ length }, () => {
    for (const one of credits) one.credit += one.weight;
    const best = credits.reduce((most, next) => (next.credit > most.credit ? next : most));
    best.credit -= total;
    return best.name;
  });
}

test('in each step the one comes that has earned most', () => {
  fc.assert(
    fc.property(members, (all) => {
      expect(drawsOf(all, LENGTH).map(([first]) => first.name)).toEqual(plainly(all, LENGTH));
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['equal', () => 1],
  ['of three weights', (i: number) => 1 + (i % 3)],
])('a thousand stores, %s, take little longer than ten', (_what, weight) => {
  const all = (n: number) => Array.from({ length: n }, (_, i) => ({ name: `s${i}`, weight: weight(i) }));
  const cpu_us = (n: number) =>
    Math.min(
      ...[1, 2, 3, 4, 5].map(() => {
        const before = process.cpuUsage();
        drawsOf(all(n), LENGTH);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      }),
    );
  drawsOf(all(64), LENGTH);
  // It was 70 times as much.
  expect(cpu_us(1024)).toBeLessThan(10 * cpu_us(16) + 2000);
});
