/** Shares with scripts in the place of Samba's programs: how they start, die, are refused and end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { SMB_PORT } from '../../../src/config/check_smb';
import { mayListen } from '../../../src/gateway/smb/may_listen';
import type { MountedExport, Mounter } from '../../../src/gateway/smb/mounter';
import { SmbShares, type SmbPrograms, type SmbSharesOptions } from '../../../src/gateway/smb/smb_shares';
import { server, share } from './server';

const BACKOFF = { initial_ms: 10, max_ms: 50, factor: 2, jitter: 0 };
const PATIENCE_MS = 10_000;

/** Appends a record to smbd's log: the script's last argument is the folder. */
const SAY = `for folder; do :; done
say() { printf '[2026/11/27 22:13:05.217749,  %s, pid=%s] ../../source3/smbd/server.c:1379(x)\\n  %s\\n' "$1" $$ "$2" >> "$folder/log.smbd"; }
`;
const SERVE = `${SAY}say 2 'waiting for connections'\nexec sleep 60\n`;

let folder: string;
let lines: Record<string, unknown>[];
let shares: SmbShares | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-smb-'));
  lines = [];
});

afterEach(async () => {
  await shares?.stop();
  shares = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Mounts in name only; `lose` takes the last mount away. */
class FakeMounter implements Mounter {
  mounts = 0;
  unmounts = 0;
  failure: Error | undefined;
  lose: (reason: string) => void = () => undefined;

  mount(): Promise<MountedExport> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.mounts += 1;
    return Promise.resolve({
      lost: new Promise<string>((resolve) => (this.lose = resolve)),
      unmount: () => {
        this.unmounts += 1;
        return Promise.resolve();
      },
    });
  }
}

function script(name: string, body: string): string[] {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}`, { mode: 0o755 });
  return [file];
}

function make(programs: Partial<SmbPrograms>, options: Partial<SmbSharesOptions> = {}): SmbShares {
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const home = share({ folder: join(folder, 'home') });
  mkdirSync(home.folder);
  shares = new SmbShares({
    server: server({ state_folder: join(folder, 'state'), run_folder: join(folder, 'run'), shares: [home] }),
    logger,
    user_mount: ['false'],
    mounter: new FakeMounter(),
    may_listen: () => Promise.resolve(),
    programs: {
      smbd: script('smbd', SERVE),
      testparm: script('testparm', 'echo "Loaded services file OK." >&2\n'),
      smbcontrol: script('smbcontrol', `echo "$@" >> ${folder}/control\n`),
      ...programs,
    },
    backoff: BACKOFF,
    ...options,
  });
  return shares;
}

async function until(condition: () => boolean): Promise<void> {
  for (const start_ms = Date.now(); !condition(); await sleep(10))
    if (Date.now() - start_ms > PATIENCE_MS) throw new Error('waited in vain');
}

test('they start with the configuration written, and end with everything unmounted', async () => {
  const mounter = new FakeMounter();
  const here = make({}, { mounter });
  await here.start();
  expect(here.status()).toMatchObject({
    name: 'files',
    smbd: { state: 'running', restarts: 0 },
    shares: [{ name: 'home', export: '/home', state: 'mounted' }],
  });
  expect(readFileSync(join(folder, 'run/smb.conf'), 'utf8')).toContain('[home]');
  const { pid = 0 } = here.status().smbd;
  await here.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(here.status()).toMatchObject({ smbd: { state: 'stopped' }, shares: [{ state: 'stopped' }] });
  expect([mounter.mounts, mounter.unmounts]).toEqual([1, 1]);
});

test('Samba that is missing is an error that says what to install', async () => {
  const start = make({ testparm: [join(folder, 'nothing')] }).start();
  await expect(start).rejects.toThrow(/^Samba is not here \(.*nothing.*\): apt-get install .*samba$/);
});

test('a configuration that Samba refuses is an error in its own words', async () => {
  const testparm = script('bad', `echo 'Unknown parameter encountered: "nosuch"' >&2\nexit 1\n`);
  await expect(make({ testparm }).start()).rejects.toThrow(
    /^Samba refuses its configuration .*smb\.conf: Unknown parameter encountered: "nosuch"$/,
  );
});

test('so is one that it only mentions, as smbd would do without that option', async () => {
  const testparm = script('mild', `echo "WARNING: Ignoring invalid value 'FOO'" >&2\n`);
  await expect(make({ testparm }).start()).rejects.toThrow(/Ignoring invalid value 'FOO'/);
});

test('smbd that does not start is an error in its own words, and nothing stays mounted', async () => {
  const mounter = new FakeMounter();
  const smbd = script('sick', `${SAY}say 0 'ERROR: failed to setup guest info.'\nexit 255\n`);
  await expect(make({ smbd }, { mounter }).start()).rejects.toThrow(
    'smbd does not start: ERROR: failed to setup guest info. (status 255)',
  );
  expect(mounter.unmounts).toBe(mounter.mounts);
});

test('of what smbd says when it panics the first words are the reason, and no backtrace', async () => {
  const smbd = script(
    'panic',
    `${SAY}say 0 'smbd_open_one_socket: open_socket_in failed: Address already in use'
say 0 'open_sockets_smbd: No sockets available to bind to.'
say 0 '==============================================================='
say 0 'INTERNAL ERROR: open_sockets_smbd() failed in pid 1 (4.17.12-Debian)'
say 0 'If you are running a recent Samba version, and if you think this problem is not yet fixed'
say 0 'PANIC (pid 1): open_sockets_smbd() failed in 4.17.12-Debian'
say 0 'BACKTRACE: 9 stack frames:'
say 0 'Exiting on internal error (core file administratively disabled)'
exit 1\n`,
  );
  await expect(make({ smbd }).start()).rejects.toThrow(
    /^smbd does not start: smbd_open_one_socket: open_socket_in failed: Address already in use; open_sockets_smbd: No sockets available to bind to\.; INTERNAL ERROR: .* \(status 1\)$/,
  );
});

test('before smbd is started it is known whether it can have its port', async () => {
  const smbd = script('late', `touch ${folder}/started\n`);
  const may_listen = () => mayListen('192.0.2.1', SMB_PORT);
  await expect(make({ smbd }, { may_listen }).start()).rejects.toThrow(
    'cannot listen at 192.0.2.1:445 (tcp): this host does not have the address ("ip addr add 192.0.2.1/32 dev lo" gives it)',
  );
  expect(existsSync(join(folder, 'started'))).toBe(false);
});

/** As Samba does; SO_REUSEPORT is 15. */
const LISTEN_SHARED = `
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.setsockopt(socket.SOL_SOCKET, 15, 1)
s.bind(('127.0.0.1', 0)); s.listen(); print(s.getsockname()[1], flush=True); sys.stdin.read()`;

test('a port that another program would share is taken', async () => {
  const other = spawn('/usr/bin/python3', ['-c', LISTEN_SHARED], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = (await once(other.stdout, 'data')) as [Buffer];
  const port = Number(text.toString());
  await expect(mayListen('127.0.0.1', port)).rejects.toThrow(/another program does/);
  const ended = once(other, 'exit');
  other.stdin.end();
  await ended;
  await mayListen('127.0.0.1', port);
});

test.each(['/run/netns/storeswitch-nothing', '/etc/passwd'])(
  'a network namespace that is none, %s, is an error that names the key',
  async (network_namespace) => {
    const options = server({ network_namespace, state_folder: folder, run_folder: join(folder, 'run') });
    await expect(make({}, { server: options }).start()).rejects.toThrow(
      `virtual store files: smb.network_namespace: found ${network_namespace}, expected the file of a network namespace`,
    );
  },
);

test('valid_users whom the machine does not know are told of, once a share', async () => {
  const valid_users = ['root', 'no.such.user', '@no.such.group', '@daemon'];
  const shares = [
    share({ folder: join(folder, 'a'), valid_users }),
    share({ name: 'b', folder: join(folder, 'b') }),
  ];
  const options = server({ shares, state_folder: folder, run_folder: join(folder, 'run') });
  await make({}, { server: options }).start();
  expect(lines.filter(({ level }) => level === 40)).toEqual([
    expect.objectContaining({
      key: 'virtual store files: smb.shares[0].valid_users',
      unknown: ['no.such.user', '@no.such.group'],
    }),
  ]);
});

test('smbd that is missing is an error', async () => {
  const start = make({ smbd: [join(folder, 'nothing')] }).start();
  await expect(start).rejects.toThrow(/^smbd does not start: .*nothing.*No such file/);
});

test('smbd that dies is started again, with its reason in the log', async () => {
  const here = make({});
  await here.start();
  process.kill(here.status().smbd.pid ?? 0, 'SIGKILL');
  await until(() => here.status().smbd.restarts === 1 && here.status().smbd.state === 'running');
  expect(lines.find(({ msg }) => msg === 'smbd ended; it is started again')).toMatchObject({
    level: 50,
    reason: expect.stringContaining('(signal SIGKILL)') as unknown,
  });
});

test('smbd that takes its process group with it, as the real one does, takes nobody else', async () => {
  const smbd = script(
    'group',
    `${SAY}trap 'trap - TERM; kill -TERM 0' TERM\nsay 2 'waiting for connections'\nsleep 60 & wait\n`,
  );
  const here = make({ smbd });
  await here.start();
  await here.stop();
  expect(here.status().smbd.state).toBe('stopped');
});

test('smbd that keeps dying is started ever less often', async () => {
  const smbd = script('loop', `${SAY}say 2 'waiting for connections'\nsleep 0.3\nsay 0 'PANIC'\nexit 1\n`);
  const here = make({ smbd });
  await here.start();
  await until(() => here.status().smbd.restarts >= 4);
  const delays = lines
    .filter(({ msg }) => msg === 'smbd ended; it is started again')
    .map(({ delay_ms, reason }) => [delay_ms, reason]);
  expect(delays.slice(0, 4)).toEqual([10, 20, 40, 50].map((delay) => [delay, 'PANIC (status 1)']));
});

test('stopping in the pause between two starts does not wait for it', async () => {
  const smbd = script('once', `${SAY}say 2 'waiting for connections'\nsleep 0.3\nexit 1\n`);
  const here = make({ smbd }, { backoff: { ...BACKOFF, initial_ms: 600_000, max_ms: 600_000 } });
  await here.start();
  await until(() => here.status().smbd.state === 'waiting');
  await here.stop();
  expect(here.status().smbd).toMatchObject({ state: 'stopped', restarts: 0 });
});

test('an export that cannot be mounted is tried again; its share has the reason', async () => {
  const mounter = new FakeMounter();
  mounter.failure = new Error('store is away');
  const here = make({}, { mounter });
  await here.start();
  expect(here.status().shares[0]).toMatchObject({ state: 'failed', reason: 'store is away' });
  mounter.failure = undefined;
  await until(() => here.status().shares[0]?.state === 'mounted');
  expect(mounter.mounts).toBe(1);
});

test('a mount that is lost is made again, and clients of the share have to connect again', async () => {
  const mounter = new FakeMounter();
  const here = make({}, { mounter });
  await here.start();
  mounter.lose('the process ended');
  await until(() => mounter.mounts === 2 && here.status().shares[0]?.state === 'mounted');
  expect(mounter.unmounts).toBe(1);
  await until(() => lines.filter(({ msg }) => msg === 'export mounted').length === 2);
  const control = join(folder, 'control');
  await until(() =>
    readFileSync(control, { encoding: 'utf8', flag: 'a+' }).endsWith('smbd close-share home\n'),
  );
});

test('clients that are refused are counted and told of', async () => {
  const smbd = script(
    'refuses',
    `${SAY}say 2 'waiting for connections'
say 3 'Allowed connection from 10.9.0.2 (10.9.0.2)'
say 3 'Requested protocol [NT LM 0.12]'
say 3 'smb2_multi_protocol_reply_negprot: No protocol supported !'
exec sleep 60\n`,
  );
  const here = make({ smbd });
  await here.start();
  await until(() => here.status().refused.smb1_refused === 1);
  expect(lines.find(({ client }) => client === '10.9.0.2')).toMatchObject({
    level: 40,
    dialects: ['NT LM 0.12'],
    msg: expect.stringContaining('SMB 1 only') as unknown,
  });
});

test('a run folder whose sockets would have names too long is an error', async () => {
  const long = server({
    run_folder: `/tmp/${'x'.repeat(90)}`,
    state_folder: folder,
    shares: [share({ folder })],
  });
  await expect(make({}, { server: long }).start()).rejects.toThrow(/names too long for the system/);
});
