/**
 * A client, a gateway and one NFS store, each in a network namespace, in a row. The gateway serves the store's export as
 * SMB shares at an address of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SmbShares, type Mounter, type SmbServerOptions, type SmbShare } from '../../src/gateway/smb';
import { runProgram, type ProgramResult } from '../../src/gateway/smb/run_program';
import { ip } from '../../src/bench/lab/ip';

export const VIP = '10.88.1.100';
export const CLIENT_ADDRESS = '10.88.1.2';
const STORE_ADDRESS = '10.88.2.2';
const EXPORT = '/share';
const STORE_PATIENCE_MS = 20_000;
const CHECKOUT = resolve(__dirname, '../..');

type Host = 'client' | 'gateway' | 'store';
const HOSTS: readonly Host[] = ['client', 'gateway', 'store'];

export class SmbLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-smb-lab-'));
  /** What the store exports. */
  readonly export_folder = join(this.folder, 'export');
  private readonly made: string[] = [];
  private rpcbind: ChildProcess | undefined;
  private ganesha: ChildProcess | undefined;
  private shares: SmbShares | undefined;

  /** `name` begins the namespaces' names; at most 8 characters. */
  constructor(private readonly name = `sm${process.pid}`) {
    mkdirSync(this.export_folder);
    chmodSync(this.folder, 0o755);
    chmodSync(this.export_folder, 0o777);
    try {
      for (const host of HOSTS) {
        ip('netns', 'add', this.namespace(host));
        this.made.push(this.namespace(host));
        ip('-n', this.namespace(host), 'link', 'set', 'lo', 'up');
      }
      this.link('client', `${CLIENT_ADDRESS}/24`, 'gateway', '10.88.1.1/24');
      this.link('store', `${STORE_ADDRESS}/24`, 'gateway', '10.88.2.1/24');
      ip('-n', this.namespace('gateway'), 'addr', 'add', `${VIP}/32`, 'dev', 'lo');
      ip('-n', this.namespace('client'), 'route', 'add', `${VIP}/32`, 'via', '10.88.1.1');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** `argv` with what makes it run on `host`. */
  on(host: Host, argv: readonly string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.namespace(host)}`, '--', ...argv];
  }

  /** A share with the lab's client let in, as a guest. */
  share(changes: Partial<SmbShare> = {}): SmbShare {
    const { name = 'share' } = changes;
    return {
      name,
      export: EXPORT,
      hosts_allow: [{ address: CLIENT_ADDRESS, length: 32 }],
      valid_users: [],
      read_only: false,
      guest: true,
      case_sensitive: false,
      folder: join(this.folder, 'mount', name),
      mount: 'user',
      ...changes,
    };
  }

  /** Resolves when clients can connect. `mounter`: in place of `storeswitch mount`. */
  async serve(
    shares: readonly SmbShare[],
    logger: Logger,
    options: { smb1?: boolean; mounter?: Mounter } = {},
  ): Promise<SmbShares> {
    const server: SmbServerOptions = {
      name: 'files',
      address: VIP,
      guest_account: 'nobody',
      smb1: options.smb1 === true,
      clients_max: 16,
      state_folder: join(this.folder, 'state'),
      run_folder: join(this.folder, 'run'),
      shares,
    };
    this.shares = new SmbShares({
      server,
      logger,
      mount_address: STORE_ADDRESS,
      user_mount: this.on('gateway', [process.execPath, join(CHECKOUT, 'dist/cli/main.js'), 'mount']),
      // smbd listens in the gateway's namespace, not in this process's.
      may_listen: () => Promise.resolve(),
      ...(options.mounter !== undefined && { mounter: options.mounter }),
      programs: {
        smbd: this.on('gateway', ['smbd']),
        testparm: this.on('gateway', ['testparm']),
        smbcontrol: this.on('gateway', ['smbcontrol']),
      },
    });
    await this.shares.start();
    return this.shares;
  }

  async stopServing(): Promise<void> {
    await this.shares?.stop();
    this.shares = undefined;
  }

  /** Gives an account of this machine a password with Samba; `serve` must have been called. */
  async setPassword(account: string, password: string): Promise<void> {
    const command = `printf '%s\\n%s\\n' "$1" "$1" | smbpasswd -c "$2" -s -a "$3"`;
    const conf = join(this.folder, 'run/smb.conf');
    const result = await runProgram(['sh', '-c', command, 'sh', password, conf, account], 10_000);
    if (result.code !== 0) throw new Error(`smbpasswd: ${result.stderr}`);
  }

  /** Runs smbclient on the client; `commands` as after its prompt. */
  smbclient(
    commands: string,
    {
      share = 'share',
      options = ['-N'],
      patience_ms = 300_000,
    }: { share?: string; options?: readonly string[]; patience_ms?: number } = {},
  ): Promise<ProgramResult> {
    const argv = ['smbclient', `//${VIP}/${share}`, '--configfile=/dev/null', ...options, '-c', commands];
    return runProgram(this.on('client', argv), patience_ms);
  }

  /** Starts the NFS store, again where it has been killed. Resolves when it answers. */
  async startStore(): Promise<void> {
    this.rpcbind ??= await this.startRpcbind();
    const config = join(this.folder, 'ganesha.conf');
    writeFileSync(config, ganeshaConfig(this.export_folder, join(this.folder, 'recovery')));
    mkdirSync(join(this.folder, 'recovery'), { recursive: true });
    const files = ['-f', config, '-L', join(this.folder, 'ganesha.log'), '-p', '/run/ganesha/pid'];
    const argv = [
      '-t',
      String(this.rpcbind.pid),
      '-m',
      '-n',
      '--',
      'ganesha.nfsd',
      '-F',
      ...files,
      '-N',
      'EVENT',
    ];
    this.ganesha = spawn('nsenter', argv, { stdio: 'ignore' });
    await this.untilAnswers('100005');
    await this.untilAnswers('100003');
  }

  /** The process that serves a share's mount. */
  mountProcess(share: string): number {
    const folder = join(this.folder, 'mount', share);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const argv = commandLine(pid);
      if (argv.includes('mount') && argv.includes(folder)) return Number(pid);
    }
    throw new Error(`nothing serves ${folder}`);
  }

  /** As a power failure does: nothing is written back, nobody is told. */
  async killStore(): Promise<void> {
    await end(this.ganesha, 'SIGKILL');
    this.ganesha = undefined;
  }

  async close(): Promise<void> {
    await this.stopServing();
    await end(this.ganesha, 'SIGKILL');
    await end(this.rpcbind, 'SIGTERM');
    this.remove();
  }

  private namespace(host: Host): string {
    return `${this.name}-${host}`;
  }

  private link(a: Host, address_a: string, b: Host, address_b: string): void {
    const end_a = 'eth0';
    const end_b = `to-${a}`;
    ip(
      'link',
      'add',
      end_a,
      'netns',
      this.namespace(a),
      'type',
      'veth',
      'peer',
      'name',
      end_b,
      'netns',
      this.namespace(b),
    );
    for (const [host, name, address] of [
      [a, end_a, address_a],
      [b, end_b, address_b],
    ] as const) {
      ip('-n', this.namespace(host), 'addr', 'add', address, 'dev', name);
      ip('-n', this.namespace(host), 'link', 'set', name, 'up');
    }
  }

  /** It holds the mount namespace that ganesha joins, with a /run of their own. */
  private async startRpcbind(): Promise<ChildProcess> {
    const setup =
      'mount -t tmpfs tmpfs /run; mkdir -p /run/rpcbind /run/ganesha; mount -t tmpfs tmpfs /var/lib/nfs; mkdir /var/lib/nfs/ganesha';
    const argv = ['netns', 'exec', this.namespace('store'), 'sh', '-ec', `${setup}; exec rpcbind -w -f`];
    const child = spawn('ip', argv, { stdio: 'ignore' });
    this.rpcbind = child;
    await this.untilAnswers('100000', '2');
    return child;
  }

  private async untilAnswers(program: string, version = '3'): Promise<void> {
    const deadline_ms = Date.now() + STORE_PATIENCE_MS;
    const argv = this.on('gateway', ['rpcinfo', '-u', STORE_ADDRESS, program, version]);
    while ((await runProgram(argv, 2_000)).code !== 0) {
      if (Date.now() > deadline_ms) throw new Error(`the store's RPC program ${program} does not answer`);
      await sleep(50);
    }
  }

  private remove(): void {
    for (const namespace of this.made) ip('netns', 'delete', namespace);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Empty where the process has ended. */
function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function ganeshaConfig(path: string, recovery: string): string {
  return `NFS_CORE_PARAM {
  Protocols = 3; mount_path_pseudo = true;
  NFS_Port = 2049; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = true;
}
MDCACHE { Dir_Chunk = 0; }
NFSv4 { Graceless = true; RecoveryRoot = ${recovery}; RecoveryBackend = fs; }
EXPORT {
  Export_Id = 77; Attr_Expiration_Time = 0;
  MaxRead = 32768; MaxWrite = 32768; PrefRead = 32768; PrefWrite = 32768;
  Path = ${path}; Pseudo = ${EXPORT}; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3; Transports = UDP, TCP;
  FSAL { Name = VFS; }
}
`;
}
