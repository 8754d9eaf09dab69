import fc from 'fast-check';
import { exportOf, mergeExports } from '../../../src/gateway/front/export_list';
import type { ExportEntry } from '../../../src/wire/mount';

const everyone = (directory: string): ExportEntry => ({ directory, groups: [] });

test('without pools, what any store exports is shown, by path', () => {
  const lists = new Map([
    ['a', [everyone('/b'), everyone('/a')]],
    ['b', [everyone('/b'), everyone('/c')]],
  ]);
  expect(mergeExports(lists, undefined).map(({ directory }) => directory)).toEqual(['/a', '/b', '/c']);
});

test('groups are joined; everyone and somebody is everyone, also written as *', () => {
  const merged = (a: string[], b: string[]) =>
    mergeExports(
      new Map([
        ['a', [{ directory: '/x', groups: a }]],
        ['b', [{ directory: '/x', groups: b }]],
      ]),
      undefined,
    )[0]?.groups;
  expect(merged(['10.0.0.0/8'], ['host', '10.0.0.0/8'])).toEqual(['10.0.0.0/8', 'host']);
  expect(merged(['10.0.0.0/8'], [])).toEqual([]);
  expect(merged(['10.0.0.0/8'], ['*'])).toEqual([]);
});

test('a store that exports a path twice exports it once', () => {
  const lists = new Map([['a', [everyone('/x'), { directory: '/x', groups: ['host'] }]]]);
  expect(mergeExports(lists, undefined)).toEqual([{ directory: '/x', groups: [], pool: undefined }]);
});

test('the first pool that serves a path is named', () => {
  const lists = new Map([
    ['a', [everyone('/x')]],
    ['b', [everyone('/x'), everyone('/y')]],
  ]);
  const pools = [
    { name: 'p', stores: ['a', 'b'] },
    { name: 'q', stores: ['b', 'not told'] },
  ];
  expect(mergeExports(lists, pools)).toEqual([
    { directory: '/x', groups: [], pool: 'p' },
    { directory: '/y', groups: [], pool: 'q' },
  ]);
});

test('a path is shown exactly if one pool has stores that told, all of which export it', () => {
  const stores = ['a', 'b', 'c', 'd'];
  const paths = ['/1', '/2', '/3'];
  const list = fc.option(fc.subarray(paths), { nil: undefined });
  const pool = fc.record({ name: fc.constantFrom('p', 'q'), stores: fc.subarray(stores) });
  fc.assert(
    fc.property(fc.tuple(list, list, list, list), fc.array(pool, { maxLength: 4 }), (told, pools) => {
      const lists = new Map(
        stores.flatMap((name, index): [string, ExportEntry[]][] => {
          const entries = told[index];
          return entries === undefined ? [] : [[name, entries.map(everyone)]];
        }),
      );
      const serves = (path: string) =>
        pools.some((one) => {
          const members = one.stores.filter((store) => lists.has(store));
          return (
            members.length > 0 &&
            members.every((store) => lists.get(store)?.some(({ directory }) => directory === path))
          );
        });
      expect(mergeExports(lists, pools).map(({ directory }) => directory)).toEqual(paths.filter(serves));
    }),
  );
});

test.each([
  ['/a/b', '/a/b'],
  ['/a/b/c', '/a/b'],
  ['/a/bc', '/a'],
  ['/a', '/a'],
  ['/a/', '/a'],
  ['/ab', '/'],
  ['tag', undefined],
])('%s is in the export %s', (path, expected) => {
  const exports = ['/', '/a', '/a/b'].map((directory) => ({ directory, groups: [], pool: directory }));
  expect(exportOf(exports, path)?.directory).toBe(expected);
});
