import { CASES, differences, refusalOf } from '../../../src/bench/gateway/access/cases';
import { ADDRESSES, EXPORTS, ganeshaExports } from '../../../src/bench/gateway/access/rules';

test('the matrix has every address, export, class of port and user once', () => {
  const names = new Set(CASES.map((one) => JSON.stringify(one)));
  expect(names.size).toBe(CASES.length);
  expect(CASES).toHaveLength(Object.keys(ADDRESSES).length * EXPORTS.length * 2 * 2);
});

test('each export is there once, with rules for its clients before those for all others', () => {
  const text = ganeshaExports('/folder');
  expect(text.match(/Export_Id = \d+/g)).toHaveLength(EXPORTS.length);
  expect(new Set(text.match(/Export_Id = \d+/g)).size).toBe(EXPORTS.length);
  expect(text).toContain('Path = /folder/of_host; Pseudo = /of_host;');
  expect(text).toContain(
    'CLIENT { Clients = 10.0.1.21; Access_Type = RW; Squash = No_Root_Squash; Anonymous_Uid = 65001;',
  );
});

test('verdicts differ where one attempt does, or where nobody knows', () => {
  const verdict = { read: 'done', write: 'NFS3ERR_ROFS' };
  expect(differences(verdict, { ...verdict })).toEqual([]);
  expect(differences(verdict, { ...verdict, write: 'done' })).toEqual(['write']);
  expect(differences(verdict, { read: 'done' })).toEqual(['write']);
  const unclear = { ...verdict, read: 'unclear: no answer' };
  expect(differences(unclear, { ...unclear })).toEqual(['read']);
});

test('what libnfs says is told from what a server says', () => {
  const opening = (why: string): string =>
    `Failed to open file /of_root: open call failed with "${why}"\nFailed to open nfs://10.0.1.100/a/of_root`;
  expect(refusalOf(opening('NFS: ACCESS denied. Required access r--. Allowed access ---'))).toBe(
    'ACCESS allows ---',
  );
  expect(refusalOf(opening('NFS: CREATE of /made failed with NFS3ERR_ROFS(-30)'))).toBe('NFS3ERR_ROFS');
  expect(refusalOf('mount_cb: RPC error: Mount failed with error MNT3ERR_ACCES(13)')).toBe('MNT3ERR_ACCES');
  expect(refusalOf('Failed to mount nfs share : mount_cb: (null)\nFailed to open')).toBe('MNT is denied');
  expect(refusalOf('Failed to start connection')).toBe('unclear: Failed to start connection');
});
