/** smbclient, smbd, `storeswitch mount` and nfs-ganesha, each in its place: what SMB clients and NFS clients see of each other. */
import { mkdirSync, readFileSync, statSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { differences, makeFiles, writeRandom } from '../../src/bench/smb/file_sets';
import { CLIENT_ADDRESS, SmbLab, VIP } from './smb_lab';
import type { SmbShares } from '../../src/gateway/smb';
import { missingHere } from './prerequisites';

/** Much longer than it takes, for machines that have a lot else to do. */
const PATIENCE_MS = 300_000;
const LARGE_MIB = 20;
const SMALL_FILES = 100;
const ENTRIES = 10_000;
/** Clients wait for a store that is away, longer than smbclient does by itself. */
const PATIENT = ['-N', '-t', '100'];
const FAST = { share: 'fast', options: PATIENT };
const SMB1 = ['-N', '-m', 'NT1', '--option=client min protocol=NT1'];

const reason = missingHere(['ganesha.nfsd', 'rpcbind', 'smbd', 'smbclient']);
const describeHere = reason === undefined ? describe : describe.skip;

describeHere(`SMB shares of an NFS export${reason === undefined ? '' : ` (${reason})`}`, () => {
  let lab: SmbLab;
  let shares: SmbShares;
  let lines: Record<string, unknown>[];

  const logger = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );

  beforeAll(async () => {
    lines = [];
    lab = new SmbLab();
    await lab.startStore();
    shares = await lab.serve(
      [
        lab.share(),
        // Without that, each new name is looked for in the whole folder.
        lab.share({ name: 'fast', case_sensitive: true }),
        lab.share({ name: 'closed', hosts_allow: [{ address: '10.88.1.3', length: 32 }] }),
        lab.share({ name: 'private', guest: false, valid_users: ['daemon'] }),
        lab.share({ name: 'fixed', read_only: true }),
        lab.share({ name: 'absent', export: '/nowhere' }),
      ],
      logger,
    );
  }, PATIENCE_MS);

  afterAll(() => lab.close(), PATIENCE_MS);

  /** What smbclient says; throws where it tells of an error. */
  async function smb(commands: string, options?: Parameters<SmbLab['smbclient']>[1]): Promise<string> {
    const { code, stdout, stderr } = await lab.smbclient(commands, options);
    if (code !== 0 || /NT_STATUS_/.test(stdout + stderr)) throw new Error(`${commands}: ${stdout}${stderr}`);
    return stdout;
  }

  /** The error smbclient shows. */
  async function refusal(commands: string, options?: Parameters<SmbLab['smbclient']>[1]): Promise<string> {
    const { stdout, stderr } = await lab.smbclient(commands, options);
    return /.*NT_STATUS_\w+/.exec(stdout + stderr)?.[0] ?? `none: ${stdout}${stderr}`;
  }

  const exported = (name: string): string => join(lab.export_folder, name);
  const local = (name: string): string => {
    mkdirSync(join(lab.folder, name), { recursive: true });
    return join(lab.folder, name);
  };

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (const start_ms = Date.now(); !(await condition()); await sleep(50))
      if (Date.now() - start_ms > PATIENCE_MS / 2) throw new Error('waited in vain');
  }

  test(
    `a file of ${LARGE_MIB} MiB and ${SMALL_FILES} small ones come back as they went`,
    async () => {
      const sent = local('sent');
      makeFiles(sent, SMALL_FILES, 8192);
      writeRandom(join(sent, 'large'), LARGE_MIB);
      await smb(`mkdir d; cd d; lcd ${sent}; prompt; mput *`, FAST);
      expect(differences(sent, exported('d'))).toBe(0);
      const fetched = local('fetched');
      await smb(`cd d; lcd ${fetched}; prompt; mget *`, FAST);
      expect(differences(sent, fetched)).toBe(0);
    },
    PATIENCE_MS,
  );

  test(
    'what SMB clients rename and delete NFS clients see, and the other way round',
    async () => {
      writeFileSync(join(local('one'), 'a'), 'from SMB');
      await smb(`lcd ${local('one')}; put a; rename a b`);
      expect(readFileSync(exported('b'), 'utf8')).toBe('from SMB');
      expect(readdirSync(lab.export_folder)).not.toContain('a');
      writeFileSync(exported('b'), 'changed by an NFS client');
      writeFileSync(exported('new'), 'made by an NFS client');
      await sleep(1100);
      await smb(`lcd ${local('one')}; get b; get new; del b`);
      expect(readFileSync(join(local('one'), 'b'), 'utf8')).toBe('changed by an NFS client');
      expect(readFileSync(join(local('one'), 'new'), 'utf8')).toBe('made by an NFS client');
      expect(readdirSync(lab.export_folder)).not.toContain('b');
    },
    PATIENCE_MS,
  );

  test(
    'names are found whatever their case',
    async () => {
      writeFileSync(exported('MixedCase'), 'x');
      await smb(`lcd ${local('one')}; get mixedcase`);
      expect(readFileSync(join(local('one'), 'mixedcase'), 'utf8')).toBe('x');
    },
    PATIENCE_MS,
  );

  test(
    `${ENTRIES} entries are listed`,
    async () => {
      makeFiles(exported('many'), ENTRIES, 0);
      const listing = await smb('cd many; ls', { options: PATIENT });
      expect(new Set(listing.match(/file-\d+/g)).size).toBe(ENTRIES);
    },
    PATIENCE_MS,
  );

  test(
    'files belong to who made them',
    async () => {
      writeFileSync(join(local('one'), 'mine'), 'x');
      await smb(`lcd ${local('one')}; put mine guests`);
      await lab.setPassword('daemon', 'secret');
      await smb(`lcd ${local('one')}; put mine daemons`, {
        share: 'private',
        options: ['-U', 'daemon%secret'],
      });
      expect(statSync(exported('guests')).uid).toBe(65534);
      expect(statSync(exported('daemons')).uid).toBe(1);
    },
    PATIENCE_MS,
  );

  test(
    'who may not connect is refused, and the log says why',
    async () => {
      await lab.setPassword('daemon', 'secret');
      await lab.setPassword('bin', 'secret');
      expect(await refusal('ls', { share: 'closed' })).toBe('tree connect failed: NT_STATUS_ACCESS_DENIED');
      const as = (user: string) => ({ share: 'private', options: ['-U', user] });
      expect(await refusal('ls', as('bin%secret'))).toBe('tree connect failed: NT_STATUS_ACCESS_DENIED');
      expect(await refusal('ls', as('daemon%wrong'))).toBe('session setup failed: NT_STATUS_LOGON_FAILURE');
      expect(await refusal('ls', { share: 'private' })).toBe('tree connect failed: NT_STATUS_ACCESS_DENIED');
      expect(await refusal(`lcd ${local('one')}; put mine x`, { share: 'fixed' })).toMatch(
        /NT_STATUS_\w+(PROTECTED|DENIED)/,
      );
      expect(await refusal('ls', { options: SMB1 })).toMatch(/NT_STATUS_INVALID_NETWORK_RESPONSE/);
      await until(() => shares.status().refused.smb1_refused === 1);
      expect(shares.status().refused).toMatchObject({ address_refused: 1, logon_failed: 1 });
      expect(lines.filter(({ client }) => client === CLIENT_ADDRESS)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ msg: expect.stringContaining('hosts_allow') as unknown }),
          expect.objectContaining({
            user: 'bin',
            share: 'private',
            msg: expect.stringContaining('valid_users') as unknown,
          }),
          expect.objectContaining({ user: 'daemon', status: 'NT_STATUS_WRONG_PASSWORD' }),
          expect.objectContaining({ dialects: expect.arrayContaining(['NT LM 0.12']) as unknown }),
        ]),
      );
    },
    PATIENCE_MS,
  );

  test(
    'a share whose export is not mounted refuses clients, the others serve',
    async () => {
      expect(shares.status().shares.map(({ name, state }) => [name, state])).toEqual([
        ['share', 'mounted'],
        ['fast', 'mounted'],
        ['closed', 'mounted'],
        ['private', 'mounted'],
        ['fixed', 'mounted'],
        ['absent', 'failed'],
      ]);
      expect(await refusal('ls', { share: 'absent' })).toMatch(/^tree connect failed: NT_STATUS_/);
      // Samba starts the program that lists shares when it is asked to, and does not wait for it for long.
      await until(async () => /share +Disk/.test(await smb('', { options: ['-N', '-L', VIP] })));
    },
    PATIENCE_MS,
  );

  test(
    'a store that dies and comes back loses nothing of what is being written',
    async () => {
      const sent = local('sent-2');
      writeRandom(join(sent, 'large'), 2 * LARGE_MIB);
      const put = smb(`mkdir e; cd e; lcd ${sent}; put large`, { options: PATIENT });
      await until(() => (statSync(exported('e/large'), { throwIfNoEntry: false })?.size ?? 0) > 0);
      await lab.killStore();
      await sleep(500);
      await lab.startStore();
      await put;
      expect(differences(sent, exported('e'))).toBe(0);
    },
    PATIENCE_MS,
  );

  test(
    'smbd and a mount that are killed come back',
    async () => {
      process.kill(shares.status().smbd.pid ?? 0, 'SIGKILL');
      await until(() => shares.status().smbd.restarts === 1 && shares.status().smbd.state === 'running');
      await smb('ls');
      process.kill(lab.mountProcess('share'), 'SIGKILL');
      await until(() =>
        lines.some(
          ({ reason }) => String(reason).includes('signal SIGKILL') && String(reason).includes('mount'),
        ),
      );
      await until(() => shares.status().shares[0]?.state === 'mounted');
      await smb('ls');
    },
    PATIENCE_MS,
  );

  test(
    'SMB 1 is served where it is asked for',
    async () => {
      await lab.stopServing();
      shares = await lab.serve([lab.share()], logger, { smb1: true });
      writeFileSync(exported('old'), 'x');
      await smb(`lcd ${local('one')}; get old`, { options: SMB1 });
      expect(shares.status().refused.smb1_refused).toBe(0);
    },
    PATIENCE_MS,
  );
});
