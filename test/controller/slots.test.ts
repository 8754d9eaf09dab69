import fc from 'fast-check';
import { maglev, type Member } from '../../src/controller/maglev';
import { PoolSlots, type Slot } from '../../src/controller/slots';

const SLOTS = 1024;

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), { minLength: 1, maxLength: 12 });
const equalMembers = names.map((all) => all.map((name): Member => ({ name, weight: 1 })));
const weightedMembers = names.chain((all) =>
  fc.tuple(
    ...all.map((name) => fc.record({ name: fc.constant(name), weight: fc.integer({ min: 1, max: 10 }) })),
  ),
);

function count(owners: readonly (string | undefined)[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

describe('maglev', () => {
  test('equal members differ by at most one slot', () => {
    fc.assert(
      fc.property(equalMembers, (members) => {
        const counts = [...count(maglev(members, SLOTS)).values()];
        expect(counts).toHaveLength(members.length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('slots are shared by weight', () => {
    fc.assert(
      fc.property(weightedMembers, (members) => {
        const counts = count(maglev(members, SLOTS));
        const total = members.reduce((sum, { weight }) => sum + weight, 0);
        for (const { name, weight } of members) {
          expect(Math.abs((counts.get(name) ?? 0) - (SLOTS * weight) / total)).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  test('members of weight 0 get nothing, and nobody else no slots', () => {
    expect(maglev([{ name: 'a', weight: 0 }], SLOTS)).toEqual([]);
    expect([
      ...count(
        maglev(
          [
            { name: 'a', weight: 0 },
            { name: 'b', weight: 3 },
          ],
          SLOTS,
        ),
      ),
    ]).toEqual([['b', SLOTS]]);
  });

  test('needs a power of two', () => {
    expect(() => maglev([{ name: 'a', weight: 1 }], 1000)).toThrow('1000 slots: expected a power of two');
  });
});

describe('PoolSlots', () => {
  /** Members and, for each, whether it serves. */
  const poolWithServing = weightedMembers.chain((members) =>
    fc.record({
      members: fc.constant(members),
      serving: fc.subarray(members.map(({ name }) => name)).map((some) => new Set(some)),
    }),
  );

  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(poolWithServing, ({ members, serving }) => {
        const serves = (name: string) => serving.has(name);
        const one = new PoolSlots(members, SLOTS).assign(serves);
        expect(new PoolSlots([...members].reverse(), SLOTS).assign(serves)).toEqual(one);
      }),
    );
  });

  test('only those that serve own slots or stand by, and all slots are owned if anybody serves', () => {
    fc.assert(
      fc.property(poolWithServing, ({ members, serving }) => {
        const slots = new PoolSlots(members, SLOTS).assign((name) => serving.has(name));
        expect(slots).toHaveLength(serving.size === 0 ? 0 : SLOTS);
        const isRight = ({ owner, standby }: Slot) =>
          serving.has(owner) &&
          standby !== owner &&
          (standby === undefined ? serving.size === 1 : serving.has(standby));
        expect(slots.filter((slot) => !isRight(slot))).toEqual([]);
      }),
    );
  });

  test('one that leaves moves its own slots only, each to the standby that was named', () => {
    fc.assert(
      fc.property(poolWithServing, fc.nat(), ({ members, serving }, choice) => {
        fc.pre(serving.size > 1);
        const leaver = [...serving][choice % serving.size] as string;
        const pool = new PoolSlots(members, SLOTS);
        const before = pool.assign((name) => serving.has(name));
        const after = pool.assign((name) => serving.has(name) && name !== leaver);
        const expected = before.map(({ owner, standby }) => (owner === leaver ? standby : owner));
        expect(after.map(({ owner }) => owner)).toEqual(expected);
      }),
    );
  });

  test('the slots of one that leaves are spread over the others by weight', () => {
    const members = ['store1', 'store2', 'store3', 'store4'].map((name, i) => ({
      name,
      weight: i === 3 ? 2 : 1,
    }));
    const slots = new PoolSlots(members, SLOTS);
    const before = slots.assign(() => true);
    const inherited = slots
      .assign((name) => name !== 'store1')
      .filter((_, i) => before[i]?.owner === 'store1');
    const counts = count(inherited.map(({ owner }) => owner));
    // 204 slots, of which store4 ought to get half; five standard deviations are about 35.
    expect(inherited.length).toBeGreaterThanOrEqual(204);
    expect(Math.abs((counts.get('store4') ?? 0) - 102)).toBeLessThanOrEqual(35);
    expect(Math.abs((counts.get('store2') ?? 0) - 51)).toBeLessThanOrEqual(35);
  });

  test('is the same in every version: a change would move every session of every virtualizer', () => {
    const slots = new PoolSlots(
      ['store1', 'store2', 'store3'].map((name) => ({ name, weight: 1 })),
      SLOTS,
    );
    const words = slots.assign(() => true).slice(0, 12);
    expect(
      words.map(({ owner, standby }) => `${owner.at(-1)}${standby?.at(-1)}`).join(' '),
    ).toMatchInlineSnapshot(`"12 12 21 32 23 13 32 31 23 21 23 12"`);
  });
});
