import { RPC_PROGRAM } from '../../src/wire/rpc';
import { PROCEDURES } from '../../src/dataplane/procedures';

const placement = (program: number, version: number) =>
  Object.fromEntries(
    PROCEDURES.filter((one) => one.program === program && one.version === version).map((one) => [
      one.name,
      one.placement,
    ]),
  );

test('what changes something at a store, or asks for its locks, never goes anywhere', () => {
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
  for (const { program, name, placement } of PROCEDURES) {
    if (program === RPC_PROGRAM.nlm && name !== 'NULL') expect([name, placement]).not.toEqual([name, 'any']);
    else if (changing.includes(name)) expect([name, placement]).not.toEqual([name, 'any']);
    else expect([name, placement]).toEqual([name, 'any']);
  }
});

test('WRITE, COMMIT and what names a lock go by object, and nothing else', () => {
  const byObject = (program: number, version: number) =>
    Object.entries(placement(program, version)).flatMap(([name, one]) => (one === 'by_object' ? [name] : []));
  expect(byObject(100003, 3)).toEqual(['WRITE', 'COMMIT']);
  for (const version of [1, 3, 4]) {
    expect(byObject(100021, version)).toEqual([
      ...['TEST', 'LOCK', 'CANCEL', 'UNLOCK', 'TEST_MSG', 'LOCK_MSG', 'CANCEL_MSG', 'UNLOCK_MSG'],
      ...['SHARE', 'UNSHARE', 'NM_LOCK'],
    ]);
  }
  for (const program of [100000, 100005]) {
    for (const version of [1, 2, 3]) expect(byObject(program, version)).toEqual([]);
  }
});

test('every procedure of NFS 3, MOUNT 1 and 3, portmap 2 and NLM is there once, with a number of its own', () => {
  expect(Object.keys(placement(100003, 3))).toHaveLength(22);
  expect(Object.keys(placement(100005, 3))).toHaveLength(6);
  expect(Object.keys(placement(100005, 1))).toHaveLength(6);
  expect(Object.keys(placement(100000, 2))).toHaveLength(6);
  for (const version of [1, 3, 4]) expect(Object.keys(placement(100021, version))).toHaveLength(20);
  expect(PROCEDURES.map(({ id }) => id)).toEqual(PROCEDURES.map((_, index) => index + 1));
  const keys = PROCEDURES.map((one) => `${one.program} ${one.version} ${one.procedure}`);
  expect(new Set(keys).size).toBe(keys.length);
});
