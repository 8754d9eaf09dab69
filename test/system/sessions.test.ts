/** TCP connections of real kernels: what becomes of them when their store dies or drains; NFS and SMB at one address. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../src/admin';
import { isOnPath } from '../../src/bench/on_path';
import type { StoreStatus } from '../../src/controller/status';
import { runIn } from '../../src/demo/children';
import { storesUp } from '../../src/demo/waiting';
import { downTopology, startTopology } from '../../src/topology/start';
import type { Topology } from '../../src/topology/topology';
import { CHECKOUT, obstacle } from './prerequisites';
import { TcpClient } from './tcp_client';

const CONNECTIONS = 24;
/** A busy machine takes its time. */
const PATIENCE_MS = 60_000;
const TIMEOUT_MS = 180_000;

const missing = ['smbd', 'smbclient'].filter((program) => !isOnPath(program));
const lacking = missing.length === 0 ? undefined : `${missing.join(', ')} not on PATH`;

describe.each(['embedded', 'bmv2'] as const)('sessions on %s', (target) => {
  const reason = obstacle(target) ?? lacking;
  if (reason !== undefined) {
    test.skip(reason, () => undefined);
    return;
  }
  const instance = `test-tcp-${target}`;
  const { signal } = new AbortController();
  let topology: Topology;
  let client: TcpClient | undefined;

  beforeAll(async () => {
    topology = await startTopology({
      topology: 'single',
      target,
      instance,
      smb: true,
      progress: () => undefined,
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await downTopology(instance);
  }, TIMEOUT_MS);

  beforeEach(() => until('all stores are up', allUp), TIMEOUT_MS);
  afterEach(() => client?.end());

  const socket = () => topology.virtualizers[0]?.admin_socket ?? '';
  const stores = async () => (await callAdmin(socket(), 'store.list')) as StoreStatus[];
  const sessionsAt = async (name: string) =>
    (await stores()).find((store) => store.name === name)?.sessions ?? 0;

  const allUp = () =>
    storesUp(topology, signal).then(
      () => true,
      () => false,
    );

  async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline_ms = Date.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (Date.now() > deadline_ms) throw new Error(`still not: ${what}`);
      await sleep(20);
    }
  }

  /** Connections that have all been answered; how many are at each store. */
  async function connected(): Promise<Map<string, number>> {
    const before = new Map((await stores()).map(({ name, sessions }) => [name, sessions]));
    client = new TcpClient(topology, 'client1', CONNECTIONS);
    await until('all are answered', () => client?.count('answered') === CONNECTIONS);
    const of = new Map<string, number>();
    await until('all are known', async () => {
      for (const { name, sessions } of await stores()) of.set(name, sessions - (before.get(name) ?? 0));
      return [...of.values()].reduce((sum, count) => sum + count, 0) === CONNECTIONS;
    });
    return of;
  }

  /** Those of the store are reset, and nobody else's: the others are answered as before. */
  async function onlyResetAre(count: number): Promise<void> {
    await until(`${count} connections are reset`, () => client?.count('ECONNRESET') === count);
    await until('the store has none', async () => (await sessionsAt('store2')) === 0);
    const answered = client?.count('answered') ?? 0;
    client?.ask();
    await until(
      'the others are answered',
      () => (client?.count('answered') ?? 0) - answered === CONNECTIONS - count,
    );
    expect([client?.count('ECONNRESET'), client?.count('closed')]).toEqual([count, count]);
  }

  test(
    'idle connections to a store that is cut off are reset, others go on',
    async () => {
      const count = (await connected()).get('store2') ?? 0;
      expect(count).toBeGreaterThan(0);
      await runIn(topology, 'store2', ['ip', 'link', 'set', 'eth0', 'down']);
      try {
        await onlyResetAre(count);
      } finally {
        await runIn(topology, 'store2', ['ip', 'link', 'set', 'eth0', 'up']);
        await runIn(topology, 'store2', ['ip', 'route', 'replace', 'default', 'via', '10.0.2.253']);
      }
    },
    TIMEOUT_MS,
  );

  test(
    'connections that wait for an answer from a store that hangs are reset',
    async () => {
      const ganesha = topology.refresh().stores[1]?.daemons.find(({ name }) => name === 'ganesha');
      if (ganesha === undefined) throw new Error('store2 has no ganesha');
      const count = (await connected()).get('store2') ?? 0;
      expect(count).toBeGreaterThan(0);
      process.kill(ganesha.pid, 'SIGSTOP');
      try {
        client?.ask();
        await until('the others are answered', () => client?.count('answered') === 2 * CONNECTIONS - count);
        await onlyResetAre(count);
      } finally {
        process.kill(ganesha.pid, 'SIGCONT');
      }
    },
    TIMEOUT_MS,
  );

  test(
    'a drain waits for sessions, and resets those that are left at its deadline',
    async () => {
      const count = (await connected()).get('store2') ?? 0;
      expect(count).toBeGreaterThan(0);
      const drain = spawn(
        process.execPath,
        ['dist/cli/main.js', 'store', 'drain', 'store2', '--wait', '--deadline', '3', '--socket', socket()],
        { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const output = { stdout: '', stderr: '' };
      drain.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
      drain.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
      await until('it tells', () => output.stderr.includes(`${count} session(s) left`));
      await until('it is over', () => drain.exitCode !== null);
      expect([drain.exitCode, output.stdout]).toEqual([0, 'store2 is drained\n']);
      await onlyResetAre(count);
      expect((await stores())[1]).toMatchObject({ state: 'drained', sessions: 0, deadline_ms: 0 });
      await callAdmin(socket(), 'store.restore', { store: 'store2' });
    },
    TIMEOUT_MS,
  );

  test(
    'NFSv3, NFSv4 and SMB at one address see the same files',
    async () => {
      const { vip, directory, export: path } = topology.state;
      const content = randomBytes(1_000_003);
      const local = join(directory, 'smb-file');
      const copy = join(directory, 'smb-copy');
      writeFileSync(local, content);
      const smb = async (command: string) => {
        const { code, stdout, stderr } = await runIn(topology, 'client1', [
          ...['smbclient', '-N', `//${vip}${path}`, '-c', command],
        ]);
        expect([command, code, `${code === 0 ? '' : stdout.toString() + stderr}`]).toEqual([command, 0, '']);
      };
      const nfs = async (...argv: string[]) => {
        const { code, stdout, stderr } = await runIn(topology, 'client2', argv);
        expect([argv, code, code === 0 ? '' : stderr]).toEqual([argv, 0, '']);
        return stdout;
      };
      await smb(`put ${local} by-smb`);
      expect((await nfs('nfs-cat', `nfs://${vip}${path}/by-smb`)).equals(content)).toBe(true);
      expect((await nfs('nfs-cat', `nfs://${vip}${path}/by-smb?version=4`)).equals(content)).toBe(true);
      expect((await nfs('nfs-ls', `nfs://${vip}${path}?version=4`)).toString()).toContain('by-smb');
      // libnfs 4 cannot write to this ganesha over NFSv4, with us or without.
      await nfs('nfs-cp', local, `nfs://${vip}${path}/by-nfs`);
      await smb(`get by-nfs ${copy}`);
      expect(readFileSync(copy).equals(content)).toBe(true);
      for (const file of [local, copy]) rmSync(file);
      const services = (await callAdmin(socket(), 'service.list')) as { name: string; state: string }[];
      expect(services.find(({ name }) => name === 'smb')).toMatchObject({ state: 'available' });
    },
    TIMEOUT_MS,
  );
});
