/** A store in one network namespace, and `storeswitch mount` of its export in another. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { CHECKOUT } from './prerequisites';

const STORE = '10.77.0.2';
export const EXPORT = `${STORE}:/share`;

const run = promisify(execFile);

/** Runs a program to its end; rejects, with its stderr, unless it exits with 0. */
export async function shell(script: string, cwd: string, patience_ms = 60_000): Promise<string> {
  const options = { cwd, timeout: patience_ms, killSignal: 'SIGKILL' as const, maxBuffer: 64 << 20 };
  return (await run('bash', ['-euc', script], options)).stdout;
}

export class MountedStore {
  private mount_process: ChildProcess | undefined;
  private store: ChildProcess | undefined;
  private lines: Interface | undefined;
  private readonly events: string[] = [];
  store_pid = 0;

  private constructor(
    readonly directory: string,
    private readonly name: string,
  ) {}

  /** What the store exports, seen by the store. */
  get share(): string {
    return join(this.directory, 'store', 'share');
  }

  /** The same, seen by the client. */
  get folder(): string {
    return join(this.directory, 'mounted');
  }

  static async start(name: string): Promise<MountedStore> {
    const lab = new MountedStore(mkdtempSync(join(tmpdir(), `${name}-`)), name);
    try {
      lab.makeNetwork();
      mkdirSync(lab.folder);
      lab.store = spawn(
        'ip',
        ['netns', 'exec', `${name}-s`, join(__dirname, 'nfs_store.sh'), join(lab.directory, 'store')],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      if (lab.store.stdout) lab.lines = createInterface(lab.store.stdout);
      await lab.startStore(1);
      await lab.mount();
      return lab;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  /** `epoch`: its write verifier. */
  async startStore(epoch: number): Promise<void> {
    this.store_pid = await this.command(`start ${epoch}`);
  }

  async killStore(): Promise<void> {
    await this.command('kill');
  }

  async mount(...options: string[]): Promise<void> {
    this.events.length = 0;
    const child = this.spawnMount([EXPORT, this.folder, '--json', ...options]);
    this.mount_process = child;
    child.stderr?.on('data', (text: Buffer) => this.events.push(text.toString()));
    if (child.stdout) createInterface(child.stdout).on('line', (line) => this.events.push(line));
    while (!this.events.some((line) => line.includes('"mounted"'))) {
      if (child.exitCode !== null) throw new Error(`storeswitch mount ended: ${this.events.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** SIGTERM; gives the exit code, and what the last event said. */
  async unmount(): Promise<{ code: number | null; last: Record<string, unknown> }> {
    const child = this.mount_process;
    this.mount_process = undefined;
    if (child === undefined) return { code: null, last: {} };
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const [code] = (await closed) as [number | null];
    const last = this.events.at(-1) ?? '{}';
    return { code, last: JSON.parse(last) as Record<string, unknown> };
  }

  /** `storeswitch mount` that is to fail: exit code and stderr. */
  async failToMount(argv: string[]): Promise<{ code: number | null; stderr: string }> {
    const child = this.spawnMount(argv);
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  }

  async stop(): Promise<void> {
    await this.unmount();
    if (this.store !== undefined) {
      const closed = once(this.store, 'close');
      this.store.stdin?.end();
      await closed;
    }
    for (const side of ['s', 'c']) {
      try {
        execFileSync('ip', ['netns', 'delete', `${this.name}-${side}`], { stdio: 'ignore' });
      } catch {
        // It was not made.
      }
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private makeNetwork(): void {
    const [s, c] = [`${this.name}-s`, `${this.name}-c`];
    const script = `
      ip netns add ${s}; ip netns add ${c}
      ip link add eth0 netns ${s} type veth peer name eth0 netns ${c}
      ip -n ${s} addr add ${STORE}/24 dev eth0; ip -n ${c} addr add 10.77.0.1/24 dev eth0
      for ns in ${s} ${c}; do
        ip -n $ns link set eth0 up; ip -n $ns link set lo up
        ip netns exec $ns ethtool -K eth0 tx off >/dev/null
      done`;
    execFileSync('bash', ['-euc', script]);
  }

  private spawnMount(argv: string[]): ChildProcess {
    // The namespace of the network alone: the mount is to be seen from here.
    const program = [process.execPath, join(CHECKOUT, 'dist/cli/main.js'), 'mount'];
    return spawn('nsenter', [`--net=/run/netns/${this.name}-c`, ...program, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  private async command(line: string): Promise<number> {
    const answered = this.lines && once(this.lines, 'line');
    this.store?.stdin?.write(`${line}\n`);
    const [answer] = (await answered) as [string];
    return Number(answer);
  }
}
