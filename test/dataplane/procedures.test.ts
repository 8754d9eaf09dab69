import { PROCEDURES } from '../../src/dataplane/procedures';

const placement = (program: number, version: number) =>
  Object.fromEntries(
    PROCEDURES.filter((one) => one.program === program && one.version === version).map((one) => [
      one.name,
      one.placement,
    ]),
  );

test('what changes something at a store never goes anywhere', () => {
  const changing = [
    ...[
      'SETATTR',
      'CREATE',
      'MKDIR',
      'SYMLINK',
      'MKNOD',
      'REMOVE',
      'RMDIR',
      'RENAME',
      'LINK',
      'WRITE',
      'COMMIT',
    ],
    ...['MNT', 'UMNT', 'UMNTALL', 'SET', 'UNSET', 'CALLIT'],
  ];
  for (const { name, placement } of PROCEDURES) {
    if (changing.includes(name)) expect([name, placement]).not.toEqual([name, 'any']);
    else expect([name, placement]).toEqual([name, 'any']);
  }
});

test('WRITE and COMMIT, and only they, go by object', () => {
  const byObject = PROCEDURES.filter((one) => one.placement === 'by_object').map(({ name }) => name);
  expect(byObject).toEqual(['WRITE', 'COMMIT']);
});

test('every procedure of NFS 3, MOUNT 1 and 3 and portmap 2 is there once', () => {
  expect(Object.keys(placement(100003, 3))).toHaveLength(22);
  expect(Object.keys(placement(100005, 3))).toHaveLength(6);
  expect(Object.keys(placement(100005, 1))).toHaveLength(6);
  expect(Object.keys(placement(100000, 2))).toHaveLength(6);
  const keys = PROCEDURES.map((one) => `${one.program} ${one.version} ${one.procedure}`);
  expect(new Set(keys).size).toBe(keys.length);
});
