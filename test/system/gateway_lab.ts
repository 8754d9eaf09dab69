/**
 * Two clients, a gateway and a store that holds the VIP, each in a network namespace of its own:
 *
 *   client a 10.77.1.2 ─┐
 *                       ├─ gateway, VIP on lo ─ (no address) ── store, VIP on lo
 *   client b 10.77.3.2 ─┘
 *
 * The link between gateway and store stands for the data plane: nothing but MAC addresses to get right.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { RPC_PROGRAM } from '../../src/wire/rpc';
import type { GatewayProcessOptions } from './gateway_process';

export const VIP = '10.77.9.9';
export const NFS_PORT = 2049;
export const MOUNT_PORT = 20_048;
export const CLIENTS = { a: '10.77.1.2', b: '10.77.3.2' };
const GATEWAY_MAC = '02:00:00:00:77:01';
const STORE_MAC = '02:00:00:00:77:02';
const PATIENCE_MS = 20_000;

export interface GatewayStatus {
  connections: number;
  counters: Record<string, number>;
  answered_here: Record<string, number>;
  path: Record<string, number>;
  [name: string]: unknown;
}

/** nfs-ganesha needs rpcbind, and each store its own /run and /var/lib/nfs: `ip netns exec` gave it mounts of its own. */
const START_STORE = `
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/rpcbind /run/ganesha "$1/varnfs/ganesha"
mount --bind "$1/varnfs" /var/lib/nfs
rpcbind -w -f & echo $! > "$1/rpcbind.pid"
for i in $(seq 100); do [ -S /run/rpcbind.sock ] && break; sleep 0.05; done
exec ganesha.nfsd -F -f "$1/ganesha.conf" -L "$1/ganesha.log" -p "$1/ganesha.pid" -N NIV_EVENT
`;

/** `share` is everybody's, `mine` client a's, `secure` for privileged ports only. */
function ganeshaConfig(folder: string): string {
  const exported = (name: string, id: number, access: string) => `
EXPORT {
  Export_Id = ${id}; Path = ${folder}/${name}; Pseudo = /${name}; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3; Transports = UDP, TCP; Attr_Expiration_Time = 0; ${access}
  MaxRead = 1048576; MaxWrite = 1048576; PrefRead = 1048576; PrefWrite = 1048576;
  FSAL { Name = VFS; }
}`;
  return `
NFS_CORE_PARAM {
  Protocols = 3; mount_path_pseudo = true; NFS_Port = ${NFS_PORT}; MNT_Port = ${MOUNT_PORT};
  Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = true;
}
NFSv4 { Graceless = true; RecoveryRoot = ${folder}/recovery; RecoveryBackend = fs; }
${exported('share', 77, 'Access_Type = RW;')}
${exported('mine', 78, `Access_Type = NONE; CLIENT { Clients = ${CLIENTS.a}; Access_Type = RW; }`)}
${exported('secure', 79, 'Access_Type = RW; PrivilegedPort = true;')}
`;
}

export class GatewayLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-gateway-'));
  readonly share = join(this.folder, 'share');
  private readonly prefix = `ssg${process.pid}`;
  private store: ChildProcess | undefined;
  private gateway: ChildProcess | undefined;
  private status_lines: AsyncIterator<string> | undefined;

  namespace(name: 'a' | 'b' | 'gateway' | 'store'): string {
    return `${this.prefix}-${name}`;
  }

  async start(gateway: Partial<Pick<GatewayProcessOptions, 'limits' | 'lose_every'>> = {}): Promise<void> {
    this.network();
    await this.startStore();
    await this.startGateway(gateway);
  }

  /** Runs a program in a namespace and gives what it wrote; throws with its error output if it fails. */
  run(name: 'a' | 'b' | 'gateway' | 'store', ...argv: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace(name), ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS * 3,
    });
  }

  /** What libnfs's programs call a file of an export, through the VIP. */
  url(path: string): string {
    return `nfs://${VIP}/${path}?nfsport=${NFS_PORT}&mountport=${MOUNT_PORT}&version=3`;
  }

  async status(): Promise<GatewayStatus> {
    this.gateway?.stdin?.write('status\n');
    const line = await this.status_lines?.next();
    return JSON.parse(String(line?.value)) as GatewayStatus;
  }

  async restartGateway(gateway: Partial<GatewayProcessOptions> = {}): Promise<void> {
    await this.end(this.gateway);
    await this.startGateway(gateway);
  }

  async stop(): Promise<void> {
    await this.end(this.gateway);
    // Ganesha first: it asks rpcbind to forget it.
    await this.end(this.store);
    try {
      process.kill(Number(readFileSync(join(this.folder, 'rpcbind.pid'), 'utf8')), 'SIGTERM');
    } catch {
      // It never started, or has ended.
    }
    for (const name of ['a', 'b', 'gateway', 'store'] as const) {
      try {
        execFileSync('ip', ['netns', 'delete', this.namespace(name)], { stdio: 'ignore' });
      } catch {
        // It was not made.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private network(): void {
    const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const names = ['a', 'b', 'gateway', 'store'] as const;
    for (const name of names) {
      ip('netns', 'add', this.namespace(name));
      ip('-n', this.namespace(name), 'link', 'set', 'lo', 'up');
    }
    const [a, b, gateway, store] = names.map((name) => this.namespace(name)) as [
      string,
      string,
      string,
      string,
    ];
    const link = (from: string, from_name: string, to: string, to_name: string) => {
      ip('-n', from, 'link', 'add', from_name, 'type', 'veth', 'peer', 'name', to_name, 'netns', to);
      for (const [namespace, name] of [
        [from, from_name],
        [to, to_name],
      ] as const) {
        ip('-n', namespace, 'link', 'set', name, 'up');
        ip('netns', 'exec', namespace, 'ethtool', '-K', name, 'tx', 'off');
      }
    };
    link(a, 'eth0', gateway, 'a0');
    link(b, 'eth0', gateway, 'b0');
    link(gateway, 'p0', store, 'eth0');
    ip('-n', a, 'addr', 'add', `${CLIENTS.a}/24`, 'dev', 'eth0');
    ip('-n', a, 'route', 'add', 'default', 'via', '10.77.1.1');
    ip('-n', b, 'addr', 'add', `${CLIENTS.b}/24`, 'dev', 'eth0');
    ip('-n', b, 'route', 'add', 'default', 'via', '10.77.3.1');
    ip('-n', gateway, 'addr', 'add', '10.77.1.1/24', 'dev', 'a0');
    ip('-n', gateway, 'addr', 'add', '10.77.3.1/24', 'dev', 'b0');
    ip('-n', gateway, 'addr', 'add', `${VIP}/32`, 'dev', 'lo');
    ip('-n', store, 'link', 'set', 'eth0', 'address', STORE_MAC);
    ip('-n', store, 'addr', 'add', '10.77.2.2/24', 'dev', 'eth0');
    ip('-n', store, 'addr', 'add', `${VIP}/32`, 'dev', 'lo');
    ip('-n', store, 'route', 'add', 'default', 'via', '10.77.2.1');
    ip(
      ...['-n', store, 'neigh', 'add', '10.77.2.1', 'lladdr', GATEWAY_MAC],
      ...['dev', 'eth0', 'nud', 'permanent'],
    );
  }

  private async startStore(): Promise<void> {
    for (const name of ['share', 'mine', 'secure', 'varnfs', 'recovery']) {
      mkdirSync(join(this.folder, name));
      chmodSync(join(this.folder, name), 0o777);
    }
    chmodSync(this.folder, 0o755);
    writeFileSync(join(this.folder, 'ganesha.conf'), ganeshaConfig(this.folder));
    const argv = ['netns', 'exec', this.namespace('store'), 'bash', '-c', START_STORE, 'store', this.folder];
    this.store = spawn('ip', argv, { stdio: 'ignore' });
    const deadline = Date.now() + PATIENCE_MS;
    const log = () => {
      try {
        return readFileSync(join(this.folder, 'ganesha.log'), 'utf8');
      } catch {
        return '';
      }
    };
    while (!log().includes('NFS SERVER INITIALIZED')) {
      if (Date.now() > deadline || this.store.exitCode !== null) {
        throw new Error(`the store does not serve: ${log()}`);
      }
      await sleep(50);
    }
  }

  private async startGateway(changes: Partial<GatewayProcessOptions>): Promise<void> {
    const options: GatewayProcessOptions = {
      interface_name: 'p0',
      mac: GATEWAY_MAC,
      next_hop_mac: STORE_MAC,
      listeners: [
        { address: VIP, port: NFS_PORT, program: RPC_PROGRAM.nfs },
        { address: VIP, port: MOUNT_PORT, program: RPC_PROGRAM.mount },
      ],
      lose_every: 0,
      ...changes,
    };
    this.gateway = spawn(
      'ip',
      [
        ...['netns', 'exec', this.namespace('gateway'), process.execPath],
        ...['--require', join(__dirname, '../switch/swc_register.cjs')],
        ...[join(__dirname, 'gateway_process.ts'), JSON.stringify(options)],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    if (this.gateway.stdout === null) throw new Error('the gateway has no output');
    this.status_lines = createInterface({ input: this.gateway.stdout })[Symbol.asyncIterator]();
    const line = await this.status_lines.next();
    if (line.value !== 'ready') throw new Error('the gateway did not start');
  }

  private async end(child: ChildProcess | undefined): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}
