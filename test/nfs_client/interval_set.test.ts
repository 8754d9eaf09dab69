import fc from 'fast-check';
import { IntervalSet } from '../../src/nfs_client/interval_set';

const SIZE = 64;
const step = fc.oneof(
  fc.record({ add: fc.tuple(fc.nat(SIZE), fc.nat(SIZE)) }),
  fc.record({ cut: fc.nat(SIZE) }),
);

test('holds the bytes that were added and not cut, in ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(step), fc.nat(SIZE), fc.nat(SIZE), (steps, start, end) => {
      const set = new IntervalSet();
      const bytes = new Array<boolean>(SIZE).fill(false);
      for (const one of steps) {
        if ('add' in one) {
          set.add(...one.add);
          bytes.fill(true, ...one.add);
        } else {
          set.cut(one.cut);
          bytes.fill(false, one.cut);
        }
      }
      const held = new Array<boolean>(SIZE).fill(false);
      let last = -1;
      for (const interval of set) {
        expect(interval.start).toBeGreaterThan(last);
        expect(interval.end).toBeGreaterThan(interval.start);
        held.fill(true, interval.start, interval.end);
        last = interval.end;
      }
      expect(held).toEqual(bytes);
      expect(set.end).toBe(bytes.lastIndexOf(true) + 1);
      if (start < end) expect(set.covers(start, end)).toBe(bytes.slice(start, end).every(Boolean));
    }),
  );
});
