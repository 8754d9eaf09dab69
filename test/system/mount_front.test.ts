/**
 * showmount, rpcinfo and libnfs, unmodified, against the MOUNT and portmap front of two nfs-ganesha stores whose exports
 * differ. The stores' own network stacks answer; NFS itself is led to store 1 by DNAT, in place of the data plane.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { FrontOptions, FrontStatus } from '../../src/gateway/front/index';
import { Namespaces, type Output } from './namespaces';
import { obstacle } from './prerequisites';

const VIP = '10.7.1.100';
const STORES = { store1: '10.7.2.11', store2: '10.7.3.12' };
type StoreName = keyof typeof STORES;
const NAMES = Object.keys(STORES) as StoreName[];
/** A path of ours that only one store exports, with the groups that may mount it. */
const EXPORTS: Record<StoreName, Record<string, string[]>> = {
  store1: { common: ['10.7.1.0/24'], only1: [] },
  store2: { common: ['192.0.2.7'], only2: [] },
};
const PATIENCE_MS = 300_000;
const SETTLE_MS = 90_000;
/** How long a store's exports outlive it. */
const KEEP_MS = 20_000;

const reason = obstacle('embedded');
const describeHere = reason === undefined ? describe : describe.skip;

/** One store: its daemons in the order they need each other, ended in the opposite order. */
const STORE_SCRIPT = `
  mount -t tmpfs tmpfs /run; mkdir -p /run/rpcbind /run/ganesha
  mkdir -p $1/nfs/sm $1/nfs/sm.bak $1/nfs/ganesha; chown -R statd $1/nfs; mount --bind $1/nfs /var/lib/nfs
  rpcbind -w -f & rpcbind=$!
  for i in $(seq 100); do [ -S /run/rpcbind.sock ] && break; sleep 0.05; done
  rpc.statd -F -L -p 20049 & statd=$!
  for i in $(seq 100); do rpcinfo -T udp 127.0.0.1 status >/dev/null 2>&1 && break; sleep 0.05; done
  ganesha.nfsd -F -f $1/ganesha.conf -L $1/ganesha.log -p $1/pid -N NIV_EVENT & ganesha=$!
  trap 'kill $ganesha; wait $ganesha; kill $statd $rpcbind; wait' TERM
  wait
`;

function ganeshaConfig(store: StoreName, folder: string): string {
  const exports = Object.entries(EXPORTS[store]).map(([name, clients]) => {
    const path = join(folder, 'exports', name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `file-of-${name}`), store);
    const id = ['common', 'only1', 'only2'].indexOf(name) + 77;
    const access =
      clients.length === 0
        ? 'Access_Type = RW;'
        : `Access_Type = NONE; CLIENT { Clients = ${clients.join(', ')}, 10.7.0.0/16; Access_Type = RW; }`;
    return `EXPORT { Export_Id = ${id}; Path = ${path}; Pseudo = /${name}; SecType = sys; Protocols = 3;
      Transports = UDP, TCP; Squash = No_Root_Squash; ${access} FSAL { Name = VFS; } }`;
  });
  return `NFS_CORE_PARAM { Protocols = 3; mount_path_pseudo = true; NFS_Port = 2049; MNT_Port = 20048;
    NLM_Port = 32803; Rquota_Port = 20050; Enable_UDP = true; }\n${exports.join('\n')}\n`;
}

const POOLS = NAMES.map((name, index) => ({ name: `pool${index + 1}`, stores: [name] }));

function frontOptions(): Omit<FrontOptions, 'forwarder'> & { mountds: Record<string, string> } {
  const nfs = (protocol: 'udp' | 'tcp') => ({ program: 100_003, versions: [3], protocol, port: 2049 });
  return {
    address: VIP,
    services: [nfs('udp'), nfs('tcp')],
    stores: NAMES.map((name) => ({
      name,
      address: STORES[name],
      transport: name === 'store1' ? 'tcp' : 'udp',
    })),
    pools: POOLS,
    sources: { trusted: [{ address: '10.7.1.11', length: 32 }] },
    exports: { refresh_ms: 500, retry_ms: 500, timeout_ms: 2000, keep_ms: KEEP_MS },
    mountds: { pool1: STORES.store1, pool2: STORES.store2 },
  };
}

/** The front's process: one question, one answer. */
class FrontProcess {
  private readonly waiting: { take: (line: string) => void; fail: (error: Error) => void }[] = [];

  constructor(private readonly child: ChildProcess) {
    if (child.stdout === null) throw new Error('no standard output');
    createInterface({ input: child.stdout }).on('line', (line) => this.waiting.shift()?.take(line));
    child.on('exit', () => this.waiting.forEach(({ fail }) => fail(new Error('the front has ended'))));
  }

  ready(): Promise<string> {
    return new Promise((take, fail) => this.waiting.push({ take, fail }));
  }

  async ask<T>(request: object): Promise<T> {
    const answer = this.ready();
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await answer) as T;
  }

  status(): Promise<FrontStatus> {
    return this.ask<FrontStatus>({ do: 'status' });
  }
}

describeHere(`MOUNT and portmap front${reason === undefined ? '' : ` (${reason})`}`, () => {
  const lab = new Namespaces('front-test');
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-front-'));
  const stores = new Map<StoreName, ChildProcess>();
  let front: FrontProcess;

  function startStore(name: StoreName): void {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'ganesha.conf'), ganeshaConfig(name, home));
    stores.set(name, lab.start(name, ['sh', '-c', STORE_SCRIPT, 'store', home]));
  }

  /** Until `output` is as wanted, or the last one there was. */
  async function eventually(argv: string[], wanted: (output: Output) => boolean): Promise<Output> {
    const end_ms = Date.now() + SETTLE_MS;
    for (;;) {
      const output = await lab.output('client', argv);
      if (wanted(output) || Date.now() > end_ms) return output;
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }

  beforeAll(async () => {
    for (const name of ['client', 'stranger', 'front', ...NAMES]) await lab.add(name);
    const gateway = (name: string, address: string) => ({ namespace: 'front', interface: name, address });
    const host = (namespace: string, address: string) => ({ namespace, interface: 'eth0', address });
    await lab.link(gateway('client', '10.7.1.254/24'), host('client', '10.7.1.11/24'));
    await lab.link(gateway('stranger', '10.7.9.254/24'), host('stranger', '10.7.9.9/24'));
    await lab.link(gateway('store1', '10.7.2.254/24'), host('store1', `${STORES.store1}/24`));
    await lab.link(gateway('store2', '10.7.3.254/24'), host('store2', `${STORES.store2}/24`));
    for (const [name, via] of [
      ['client', '10.7.1.254'],
      ['stranger', '10.7.9.254'],
      ['store1', '10.7.2.254'],
      ['store2', '10.7.3.254'],
    ] as const)
      await lab.ip(name, 'route', 'add', 'default', 'via', via);
    await lab.ip('front', 'addr', 'add', `${VIP}/32`, 'dev', 'lo');
    await lab.ip('client', 'route', 'add', `${VIP}/32`, 'via', '10.7.1.254');
    await lab.shell('front', 'sysctl -qw net.ipv4.ip_forward=1');
    await lab.shell(
      'front',
      `nft add table ip lab; nft 'add chain ip lab pre { type nat hook prerouting priority -100; }';
       nft add rule ip lab pre ip daddr ${VIP} meta l4proto '{ tcp, udp }' th dport 2049 dnat to ${STORES.store1}`,
    );
    for (const name of NAMES) {
      startStore(name);
      await lab.shell(
        name,
        'for i in $(seq 200); do showmount --no-headers -e 127.0.0.1 2>/dev/null | grep -q . && exit; sleep 0.1; done; exit 1',
      );
    }
    const program = resolve(__dirname, 'front_program.cjs');
    const argv = [process.execPath, program, JSON.stringify(frontOptions())];
    front = new FrontProcess(lab.start('front', argv, ['pipe', 'pipe', 'inherit']));
    await front.ready();
  }, PATIENCE_MS);

  afterAll(async () => {
    await lab.remove();
    rmSync(folder, { recursive: true, force: true });
  }, PATIENCE_MS);

  test('rpcinfo -p lists the virtual services', async () => {
    const { code, stdout } = await lab.output('client', ['rpcinfo', '-p', VIP]);
    expect(code).toBe(0);
    const rows = stdout.trim().split('\n').slice(1);
    expect(rows.map((row) => row.trim().split(/\s+/).join(' ')).sort()).toEqual(
      [
        ...['tcp', 'udp'].flatMap((protocol) =>
          [2, 3, 4].map((v) => `100000 ${v} ${protocol} 111 portmapper`),
        ),
        ...['tcp', 'udp'].map((protocol) => `100003 3 ${protocol} 2049 nfs`),
        ...['tcp', 'udp'].flatMap((protocol) => [1, 3].map((v) => `100005 ${v} ${protocol} 20048 mountd`)),
      ].sort(),
    );
  });

  test('rpcinfo lists them with universal addresses', async () => {
    const { code, stdout } = await lab.output('client', ['rpcinfo', VIP]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/100003 +3 +udp +10\.7\.1\.100\.8\.1 +nfs/);
    expect(stdout).toMatch(/100005 +3 +tcp +10\.7\.1\.100\.78\.80 +mountd/);
    const short = await lab.output('client', ['rpcinfo', '-s', VIP]);
    expect(short.stdout).toMatch(/100000 +(?:[234],?){3} +(?:udp,tcp|tcp,udp) +portmapper/);
  });

  test.each([
    ['-t', 'nfs', '3'],
    ['-u', 'nfs', '3'],
    ['-t', 'mount', '3'],
    ['-u', 'mount', '3'],
    ['-t', 'portmapper', '2'],
    ['-u', 'portmapper', '4'],
  ])('rpcinfo %s VIP %s %s', async (flag, program, version) => {
    const { code, stdout } = await lab.output('client', ['rpcinfo', flag, VIP, program, version]);
    expect(stdout).toContain('ready and waiting');
    expect(code).toBe(0);
  });

  test('rpcinfo -l, and -u without a version', async () => {
    const list = await lab.output('client', ['rpcinfo', '-l', VIP, 'mount', '3']);
    expect(list.stdout).toMatch(/inet\/udp\/clts +10\.7\.1\.100\.78\.80/);
    expect(list.stdout).toMatch(/inet\/tcp\/cots_ord +10\.7\.1\.100\.78\.80/);
    const versions = await lab.output('client', ['rpcinfo', '-u', VIP, 'mount']);
    expect(versions.stdout).toMatch(/version 1 ready[^]*version 3 ready/);
  });

  test('showmount -e merges the exports of both stores', async () => {
    const { code, stdout } = await lab.output('client', ['showmount', '--no-headers', '-e', VIP]);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^\/common +10\.7\.0\.0\/16,10\.7\.1\.0\/24,192\.0\.2\.7\/32$/),
      expect.stringMatching(/^\/only1 +\(everyone\)$/),
      expect.stringMatching(/^\/only2 +\(everyone\)$/),
    ]);
    const { stores: asked } = await front.status();
    expect(asked).toEqual(NAMES.map((name) => ({ name, exports: 2 })));
  });

  test('where any store of one pool may get the request, only what all of them export is shown', async () => {
    await front.ask({ do: 'pools', pools: [{ name: 'both', stores: NAMES }] });
    const { stdout } = await lab.output('client', ['showmount', '--no-headers', '-e', VIP]);
    await front.ask({ do: 'pools', pools: POOLS });
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^\/common /)]);
  });

  test('libnfs mounts through portmap and MOUNT; showmount -a tells who did', async () => {
    const { code, stdout, stderr } = await lab.output('client', ['nfs-ls', `nfs://${VIP}/only1`]);
    expect(stderr).toBe('');
    expect(stdout).toContain('file-of-only1');
    expect(code).toBe(0);
    // Of the second pool's export: MOUNT reaches store 2. NFS does not here, there is no data plane.
    await lab.output('client', ['nfs-ls', `nfs://${VIP}/only2`]);
    const missing = await lab.output('client', ['nfs-ls', `nfs://${VIP}/nothing`]);
    expect(missing.code).not.toBe(0);
    expect(missing.stdout + missing.stderr).toContain('MNT3ERR_ACCES');
    const list = await lab.output('client', ['showmount', '--no-headers', '-a', VIP]);
    expect(list.stdout.trim().split('\n')).toEqual(['10.7.1.11:/only1', '10.7.1.11:/only2']);
    const directories = await lab.output('client', ['showmount', '--no-headers', '-d', VIP]);
    expect(directories.stdout.trim().split('\n')).toEqual(['/only1', '/only2']);
  });

  test('showmount works over UDP where TCP is closed', async () => {
    await lab.shell('front', "nft add chain ip lab in '{ type filter hook input priority 0; }'");
    await lab.shell('front', "nft add rule ip lab in tcp dport '{ 111, 20048 }' reject with tcp reset");
    const before = await front.status();
    const list = await lab.output('client', ['showmount', '--no-headers', '-e', VIP]);
    const mounts = await lab.output('client', ['showmount', '--no-headers', '-a', VIP]);
    const after = await front.status();
    await lab.shell('front', 'nft delete chain ip lab in');
    expect(list.stdout.trim().split('\n').length).toBe(3);
    expect(mounts.stdout).toContain('10.7.1.11:/only1');
    expect(after.mount.tcp_calls).toBe(before.mount.tcp_calls);
    expect(after.mount.udp_calls).toBeGreaterThanOrEqual(before.mount.udp_calls + 2);
  });

  test('a stranger gets what it needs to mount, and no list of mounts', async () => {
    expect((await lab.output('stranger', ['rpcinfo', '-u', VIP, 'nfs', '3'])).code).toBe(0);
    expect((await lab.output('stranger', ['nfs-ls', `nfs://${VIP}/only1`])).stdout).toContain(
      'file-of-only1',
    );
    expect((await lab.output('stranger', ['showmount', '-e', VIP])).stdout).toContain('/only2');
    const before = await front.status();
    const list = await lab.output('stranger', ['showmount', '-a', VIP]);
    expect(list.code).not.toBe(0);
    expect(list.stderr).toContain('Authentication error');
    expect((await front.status()).mount.dumps_refused).toBe(before.mount.dumps_refused + 1);
  });

  test(
    'a store that stops keeps its exports for a while, then they go; when it is back, so are they',
    async () => {
      const store2 = stores.get('store2');
      if (store2 === undefined) throw new Error('store2 was not started');
      await lab.end(store2);
      const of_store2 = async () => (await front.status()).stores[1];
      const end_ms = Date.now() + KEEP_MS;
      while ((await of_store2())?.error === undefined && Date.now() < end_ms)
        await new Promise((wake) => setTimeout(wake, 50));
      expect(await of_store2()).toMatchObject({
        exports: 2,
        error: expect.stringContaining(STORES.store2) as string,
      });
      const argv = ['showmount', '--no-headers', '-e', VIP];
      const gone = await eventually(argv, ({ stdout }) => !stdout.includes('/only2'));
      expect(gone.stdout.trim().split('\n')).toEqual([
        expect.stringMatching(/^\/common +10\.7\.0\.0\/16,10\.7\.1\.0\/24$/),
        expect.stringMatching(/^\/only1 /),
      ]);
      expect((await of_store2())?.exports).toBeUndefined();
      startStore('store2');
      const back = await eventually(argv, ({ stdout }) => stdout.includes('/only2'));
      expect(back.stdout).toContain('/only2');
    },
    PATIENCE_MS,
  );
});
