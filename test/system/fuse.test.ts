/** `storeswitch mount` of a real nfs-ganesha over UDP, used by ordinary programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isOnPath } from '../../src/bench/on_path';
import { EXPORT, MountedStore, shell } from './mounted_store';
import { obstacle } from './prerequisites';

const PATIENCE_MS = 120_000;
const MEBIBYTE = 1 << 20;

function why(): string | undefined {
  if (!existsSync('/dev/fuse')) return 'no /dev/fuse';
  if (!isOnPath('git')) return 'git not on PATH';
  return obstacle('embedded');
}

const reason = why();
const describeHere = reason === undefined ? describe : describe.skip;

describeHere(`storeswitch mount${reason === undefined ? '' : ` (${reason})`}`, () => {
  let lab: MountedStore;
  /** A name in the mount, and the same at the store. */
  const here = (name: string): string => join(lab.folder, name);
  const there = (name: string): string => join(lab.share, name);

  beforeAll(async () => {
    lab = await MountedStore.start('ssfuse');
  }, PATIENCE_MS);
  afterAll(() => lab?.stop(), PATIENCE_MS);

  const step = (name: string, run: () => Promise<void>): void => test(name, run, PATIENCE_MS);

  step('files of any size arrive as they are, and come back', async () => {
    await shell(
      `for size in 0 1 4095 32768 32769 300001; do
         head -c $size /dev/urandom >$OLDPWD-$size; cp $OLDPWD-$size f$size; cmp $OLDPWD-$size f$size
         cmp $OLDPWD-$size '${lab.share}'/f$size; rm $OLDPWD-$size
       done`.replaceAll('$OLDPWD', join(lab.directory, 'source')),
      lab.folder,
    );
    const large = randomBytes(24 * MEBIBYTE + 12_345);
    await fs.writeFile(here('large'), large);
    expect((await fs.readFile(there('large'))).equals(large)).toBe(true);
    await shell(
      'cp large copy; cmp large copy; dd if=large of=direct bs=64k iflag=fullblock; cmp large direct',
      lab.folder,
    );
    await fs.rm(here('copy'));
  });

  step('a file larger than 4 GiB', async () => {
    const file = await fs.open(here('sparse'), 'w+');
    const data = randomBytes(100_000);
    const at = 5 * 2 ** 30 + 123;
    await file.write(data, 0, data.length, at);
    const read = Buffer.alloc(data.length + 10);
    const { bytesRead } = await file.read(read, 0, read.length, at - 10);
    expect(bytesRead).toBe(read.length);
    expect(read.equals(Buffer.concat([Buffer.alloc(10), data]))).toBe(true);
    await file.close();
    expect((await fs.stat(there('sparse'))).size).toBe(at + data.length);
    await fs.rm(here('sparse'));
  });

  step('10,000 entries are listed, each once', async () => {
    await fs.mkdir(there('many'));
    for (let i = 0; i < 10_000; i++) await fs.writeFile(there(`many/entry-${i}`), '');
    const names = await fs.readdir(here('many'));
    expect(names.length).toBe(10_000);
    expect(new Set(names).size).toBe(10_000);
    expect((await shell('ls -l many | wc -l', lab.folder)).trim()).toBe('10001');
    await fs.rm(there('many'), { recursive: true });
  });

  step('rename, links, cutting, appending, times', async () => {
    await shell(
      `mkdir names; cd names
       echo one >a; echo two >b; mv a b; test "$(cat b)" = one; test ! -e a
       ln -s b soft; test "$(cat soft)" = one; test "$(readlink soft)" = b
       ln b hard; test "$(stat -c %h b)" = 2; test hard -ef b
       printf 0123456789 >cut; truncate -s 4 cut; test "$(cat cut)" = 0123; truncate -s 6 cut
       test "$(stat -c %s cut)" = 6; cmp -n 6 cut <(printf '0123\\0\\0')
       for i in 1 2 3; do echo $i >>log; done; test "$(cat log)" = "$(seq 3)"
       touch -d '2001-02-03 04:05:06.789012345Z' b; test "$(stat -c %.9Y b)" = 981173106.789012345
       touch b; test "$(( $(date +%s) - $(stat -c %Y b) < 600 ))" = 1
       chmod 640 b; test "$(stat -c %a b)" = 640; chown 12:34 b; test "$(stat -c %u:%g b)" = 12:34
       mkdir -p deep/er; mv deep other; rmdir other/er other; mkfifo pipe; test -p pipe
       rm soft hard; df . >/dev/null`,
      lab.folder,
    );
    await expect(fs.rmdir(here('names'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(fs.mkdir(here('names'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(fs.open(here('x'.repeat(256)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    await expect(fs.readFile(here('names'))).rejects.toMatchObject({ code: 'EISDIR' });
    const exclusive = await fs.open(here('exclusive'), 'wx', 0o604);
    expect((await exclusive.stat()).mode & 0o7777).toBe(0o604);
    await exclusive.close();
    await expect(fs.open(here('exclusive'), 'wx')).rejects.toMatchObject({ code: 'EEXIST' });
  });

  step('a file that is removed or replaced while it is open stays readable and writable', async () => {
    for (const way of ['remove', 'replace']) {
      await fs.writeFile(here('open'), 'before');
      const file = await fs.open(here('open'), 'r+');
      if (way === 'remove') await fs.rm(here('open'));
      else {
        await fs.writeFile(here('new'), 'other');
        await fs.rename(here('new'), here('open'));
      }
      await file.write('after', 0);
      expect((await file.readFile()).toString().slice(-1)).toBe('e');
      const read = Buffer.alloc(6);
      await file.read(read, 0, 6, 0);
      expect(read.toString()).toBe('aftere');
      const hidden = (await fs.readdir(lab.share)).filter((name) => name.startsWith('.nfs'));
      expect(hidden.length).toBe(1);
      await file.close();
      // The kernel tells of a closed file after close(2) has returned.
      while ((await fs.readdir(lab.share)).some((name) => name.startsWith('.nfs')));
      if (way === 'replace') expect((await fs.readFile(there('open'))).toString()).toBe('other');
    }
  });

  step('what others write is seen by whoever opens the file afterwards', async () => {
    await fs.writeFile(here('shared'), 'first');
    expect((await fs.readFile(here('shared'))).toString()).toBe('first');
    await fs.writeFile(there('shared'), 'other');
    expect((await fs.readFile(here('shared'))).toString()).toBe('other');
    await fs.writeFile(there('shared'), 'longer than before');
    expect((await fs.readFile(here('shared'))).toString()).toBe('longer than before');
    await fs.appendFile(there('shared'), ', there');
    await fs.appendFile(here('shared'), ', here');
    expect((await fs.readFile(there('shared'))).toString()).toBe('longer than before, there, here');
  });

  step('writers at the same time', async () => {
    await shell(
      `for w in 0 1 2 3; do
         (for i in $(seq 0 49); do printf "%01023d\\n" $w | dd of=parts bs=1024 seek=$((i * 4 + w)) conv=notrunc status=none; done) &
         (for i in $(seq 50); do echo "writer $w line $i" >>lines; done) &
       done; wait
       test "$(stat -c %s parts)" = 204800; test "$(sort parts | uniq -c | wc -l)" = 4
       test "$(sort -u lines | wc -l)" = 200; test "$(wc -l <lines)" = 200`,
      lab.folder,
    );
  });

  step('the store sees the user: permissions and groups count', async () => {
    const as = (user: string, script: string) => shell(`setpriv ${user} bash -euc '${script}'`, lab.folder);
    await shell('mkdir -m 777 users; mkdir -m 770 users/team; chgrp 4242 users/team', lab.folder);
    await as(
      '--reuid 4001 --regid 4001 --clear-groups',
      'echo mine >users/own; test "$(stat -c %u users/own)" = 4001',
    );
    await as('--reuid 4002 --regid 4002 --groups 4242', 'echo ours >users/team/file; cat users/team/file');
    const refused = as('--reuid 4003 --regid 4003 --clear-groups', 'cat users/team/file');
    await expect(refused).rejects.toThrow('Permission denied');
  });

  step('git and tar', async () => {
    await shell(
      `git init -q repository; cd repository; git config user.email a@b.c; git config user.name n
       for i in $(seq 60); do echo "file $i" >"file $i"; done; git add .; git commit -qm one
       test -z "$(git status --short)"; git fsck --strict; cd ..
       tar cf archive.tar repository; mkdir unpacked; tar xf archive.tar -C unpacked
       diff -r repository unpacked/repository; rm -r repository unpacked archive.tar`,
      lab.folder,
    );
  });

  step('a store that stands still is waited for', async () => {
    const data = randomBytes(8 * MEBIBYTE);
    process.kill(lab.store_pid, 'SIGSTOP');
    const written = fs.writeFile(here('waits'), data);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.kill(lab.store_pid, 'SIGCONT');
    await written;
    expect((await fs.readFile(there('waits'))).equals(data)).toBe(true);
  });

  step('who waits for a silent store can be killed', async () => {
    process.kill(lab.store_pid, 'SIGSTOP');
    const child = spawn('cat', [here('waits'), here('large')], { stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const [, signal] = (await closed) as [number | null, string];
    process.kill(lab.store_pid, 'SIGCONT');
    expect(signal).toBe('SIGTERM');
  });

  step('what a restarted store has forgotten is written again', async () => {
    const data = randomBytes(6 * MEBIBYTE + 1000);
    const file = await fs.open(here('rewritten'), 'w');
    await file.write(data);
    // Some of it has reached the store's memory.
    while ((await fs.stat(there('rewritten'))).size < MEBIBYTE);
    await lab.killStore();
    await fs.truncate(there('rewritten'), 0);
    await lab.startStore(2);
    await file.sync();
    await file.close();
    expect((await fs.readFile(there('rewritten'))).equals(data)).toBe(true);
  });

  step('what cannot be mounted is said in one line', async () => {
    const other = join(lab.directory, 'other');
    await fs.mkdir(other);
    const lines: [string[], number, RegExp][] = [
      [[EXPORT, lab.folder], 1, /^storeswitch: .*mounted is in use: a file system of type fuse.storeswitch/],
      [[EXPORT.replace('share', 'nothing'), other], 1, /refuses to be mounted: MNT3ERR_(NOENT|ACCES)/],
      [[EXPORT, `${other}/nothing`], 1, /nothing does not exist/],
      [[EXPORT, '/etc/passwd'], 1, /is not a folder/],
      [['host:share', other], 2, /export: found "host:share", expected IPv4 ADDRESS:\/PATH/],
    ];
    for (const [argv, code, message] of lines) {
      const failed = await lab.failToMount(argv);
      expect(failed.stderr).toMatch(message);
      expect(failed.stderr.trim().split('\n').length).toBe(1);
      expect(failed.code).toBe(code);
    }
  });

  step('SIGTERM brings everything to the store, and unmounts', async () => {
    const file = await fs.open(here('last'), 'w');
    await file.write('words');
    await file.close();
    const { code, last } = await lab.unmount();
    expect(code).toBe(0);
    expect(last).toMatchObject({ event: 'unmounted', folder: lab.folder });
    expect(await fs.readdir(lab.folder)).toEqual([]);
    expect((await fs.readFile(there('last'))).toString()).toBe('words');
  });
});
