/** What is mounted at a share's folder before us: only what a gateway left there gives way. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountPointAt } from '../../../src/gateway/smb/mount_points';
import { clearFolder, unmountFolder, type MountRequest } from '../../../src/gateway/smb/mounter';
import { missingHere } from '../../system/prerequisites';

const SOURCE = '10.0.1.100:/home';

const reason = missingHere(['mount']);
const describeHere = reason === undefined ? describe : describe.skip;

describeHere(`a share's folder${reason === undefined ? '' : ` (${reason})`}`, () => {
  let folder: string;
  let request: MountRequest;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'storeswitch-mounter-'));
    request = { source: SOURCE, folder, folder_key: 'smb.shares[0].folder', read_only: false };
  });
  afterEach(() => {
    while (mountPointAt(folder) !== undefined) execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });

  /** Such as is left when the process that served it was killed. */
  function mountFuse(subtype: string, source: string): void {
    const options = `fd=3,rootmode=40000,user_id=0,group_id=0,subtype=${subtype}`;
    execFileSync('sh', [
      '-c',
      'exec 3<>/dev/fuse; exec mount -i -t fuse -o "$@"',
      'sh',
      options,
      source,
      folder,
    ]);
  }

  test('what a gateway left there gives way, however often', async () => {
    mountFuse('storeswitch', SOURCE);
    mountFuse('storeswitch', SOURCE);
    await clearFolder(request);
    expect(mountPointAt(folder)).toBeUndefined();
  });

  test.each([
    ['another file system in user space', 'sshfs', 'host:/home'],
    ['another one that says the same of itself', 'sshfs', SOURCE],
    ['an export that somebody mounted by `storeswitch mount`', 'storeswitch', '10.0.1.100:/other'],
  ])('%s stays, and is told of', async (_, subtype, source) => {
    mountFuse(subtype, source);
    await expect(clearFolder(request)).rejects.toThrow(
      `smb.shares[0].folder: found ${folder}, on which ${source} (fuse.${subtype}) is mounted, not by this gateway; expected a folder with nothing mounted on it`,
    );
    expect(mountPointAt(folder)).toMatchObject({ source });
  });

  test('of several only ours go, before a share is mounted and after it', async () => {
    mountFuse('sshfs', 'host:/home');
    mountFuse('storeswitch', SOURCE);
    await expect(clearFolder(request)).rejects.toThrow('host:/home (fuse.sshfs)');
    expect(mountPointAt(folder)).toMatchObject({ source: 'host:/home' });
    mountFuse('storeswitch', SOURCE);
    await unmountFolder(request);
    expect(mountPointAt(folder)).toMatchObject({ source: 'host:/home' });
  });
});
