import * as fc from 'fast-check';
import { LpmLookup } from '../../../src/switch/tables/lookup';
import { MatchFormat, prefixMask } from '../../../src/switch/tables/match';
import { Rows } from '../../../src/switch/tables/rows';
import { writeLimbs } from '../../../src/switch/runtime/limbs';

interface Route {
  exact: bigint;
  value: bigint;
  length: number;
}

/** Values that share many leading bits, as addresses do. */
function address(width: number): fc.Arbitrary<bigint> {
  const all = (1n << BigInt(width)) - 1n;
  return fc
    .tuple(fc.constantFrom(0n, all, all / 3n), fc.nat(width), fc.bigInt(0n, all))
    .map(([base, shared, other]) => {
      const mask = prefixMask(width, shared);
      return (base & mask) | (other & ~mask & all);
    });
}

test.each([8, 32, 48, 128])('of routes over %d bits the longest that matches is found', (width) => {
  const format = new MatchFormat('table', [
    { name: 'vrf', kind: 'exact', width: 4 },
    { name: 'address', kind: 'lpm', width },
  ]);
  const route = fc.record({
    exact: fc.bigInt(0n, 1n),
    value: address(width),
    length: fc.oneof(fc.nat(width), fc.constantFrom(0, 1, Math.min(width, 14), Math.min(width, 24), width)),
  });
  fc.assert(
    fc.property(
      fc.array(fc.record({ route, removed: fc.nat(3) }), { maxLength: 80 }),
      fc.array(address(width), { minLength: 1, maxLength: 40 }),
      (given, queries) => {
        const routes = new Map<number, Route>();
        const moved = (from: number, to: number): void => {
          routes.set(to, routes.get(from) as Route);
          routes.delete(from);
        };
        const lookup = new LpmLookup(new Rows(format.stride + 1), format, given.length, moved);
        const record = new Uint32Array(format.stride);
        for (const { route, removed } of given) {
          const value = route.value & prefixMask(width, route.length);
          const match = [
            { kind: 'exact' as const, value: route.exact },
            { kind: 'lpm' as const, value, prefix_length: route.length },
          ];
          format.encode(match, 0, record);
          const known = lookup.same(record);
          if (known !== 0) {
            if (removed > 0) continue;
            lookup.remove(known);
            routes.delete(known);
            continue;
          }
          routes.set(lookup.place(record), { ...route, value });
        }
        const key = new Uint32Array(format.key_limbs);
        const limbs = format.key_limbs - 1;
        for (const query of [...queries, ...[...routes.values()].map(({ value }) => value)]) {
          writeLimbs(key, 0, 1, 4, 1n);
          writeLimbs(key, 1, limbs, width, query);
          const matching = [...routes].filter(
            ([, one]) => one.exact === 1n && (query & prefixMask(width, one.length)) === one.value,
          );
          const longest = matching.sort(([, a], [, b]) => b.length - a.length)[0];
          expect(lookup.find(key)).toBe(longest?.[0] ?? 0);
        }
      },
    ),
    { numRuns: 150 },
  );
});
