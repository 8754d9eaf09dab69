import fc from 'fast-check';
import { IpIds } from '../../../src/gateway/path/ip_ids';

test('no number comes back before its time, for whatever pair at whatever pace', () => {
  const paces = fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat(3000)), { maxLength: 12 });
  fc.assert(
    fc.property(paces, fc.double({ min: 0, max: 0.999, noNaN: true }), (bursts, random) => {
      const ids = new IpIds(5000, 1000, () => random);
      const used_ms = new Map<number, number>();
      let now_ms = 0;
      let refused = 0;
      for (const [count, pause_ms] of bursts) {
        for (let i = 0; i < count; i++) {
          const id = ids.take(1, now_ms);
          if (id === undefined) {
            refused++;
            break;
          }
          const before_ms = used_ms.get(id);
          if (before_ms !== undefined && now_ms - before_ms < 5000) throw new Error(`${id} too soon`);
          used_ms.set(id, now_ms);
        }
        now_ms += pause_ms;
      }
      expect(refused).toBeLessThanOrEqual(bursts.length);
    }),
    { numRuns: 40 },
  );
});

test('pairs have sequences of their own; one that is used goes on, one long unused may begin anew', () => {
  const starts = [0.25, 0.5, 0.75];
  const ids = new IpIds(5000, 1000, () => starts.shift() ?? 0);
  expect(ids.take(1, 0)).toBe(0x4000);
  expect(ids.take(2, 0)).toBe(0x8000);
  for (let now_ms = 1000; now_ms <= 60_000; now_ms += 1000) ids.take(2, now_ms);
  expect(ids.take(2, 61_000)).toBe(0x8000 + 61);
  expect(ids.take(1, 61_000)).toBe(0xc000);
  expect(ids.forgotten_early).toBe(0);
});

test('more pairs than are remembered: those unused for longest are forgotten, and it is counted', () => {
  const ids = new IpIds(5000, 100);
  for (let pair = 0; pair < 1000; pair++) ids.take(pair, 1);
  expect(ids.forgotten_early).toBeGreaterThan(10);
});
