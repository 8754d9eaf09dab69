import fc from 'fast-check';
import { MountList } from '../../../src/gateway/front/mount_list';

const LIMITS = { mounts_max: 8, mounts_per_host_max: 3 };
const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];

test('what is mounted is listed once, until it is unmounted', () => {
  const list = new MountList(LIMITS);
  for (const path of ['/a', '/b', '/a']) list.add('10.0.0.1', path);
  list.add('10.0.0.2', '/a');
  list.remove('10.0.0.1', '/b');
  list.remove('10.0.0.3', '/b');
  expect(list.entries()).toEqual([
    { hostname: '10.0.0.1', directory: '/a' },
    { hostname: '10.0.0.2', directory: '/a' },
  ]);
  list.removeHost('10.0.0.1');
  expect(list.entries()).toEqual([{ hostname: '10.0.0.2', directory: '/a' }]);
});

test('it never grows beyond its limits, keeps what came last and counts what it forgets', () => {
  const host = fc.constantFrom(...HOSTS);
  const path = fc.constantFrom('/1', '/2', '/3', '/4', '/5');
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), host, path }) },
    fc.record({ do: fc.constant('remove' as const), host, path }),
    fc.record({ do: fc.constant('removeHost' as const), host, path }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const list = new MountList(LIMITS);
      for (const { do: what, host: of, path: where } of changes) {
        const before = list.entries();
        const known = before.some((one) => one.hostname === of && one.directory === where);
        if (what === 'add') {
          const forgotten = list.add(of, where);
          expect(list.size).toBe(before.length + (known ? 0 : 1) - forgotten);
          expect(list.entries()).toContainEqual({ hostname: of, directory: where });
        } else if (what === 'remove') list.remove(of, where);
        else list.removeHost(of);
        const entries = list.entries();
        expect(entries.length).toBe(list.size);
        expect(list.size).toBeLessThanOrEqual(LIMITS.mounts_max);
        for (const one of HOSTS)
          expect(entries.filter(({ hostname }) => hostname === one).length).toBeLessThanOrEqual(
            LIMITS.mounts_per_host_max,
          );
      }
    }),
  );
});
