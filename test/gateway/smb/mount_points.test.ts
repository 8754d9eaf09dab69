import { parseMountInfo } from '../../../src/gateway/smb/mount_points';

test('mounts are read as the kernel writes them', () => {
  const text = `22 28 0:21 / /proc rw,nosuid - proc proc rw
40 28 0:35 / /run/a\\040b rw shared:1 master:2 - fuse.storeswitch 10.0.1.100:/home rw,user_id=0
`;
  expect(parseMountInfo(text)).toEqual([
    { folder: '/proc', type: 'proc', source: 'proc' },
    { folder: '/run/a b', type: 'fuse.storeswitch', source: '10.0.1.100:/home' },
  ]);
});
