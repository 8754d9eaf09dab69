/** Network namespaces for one test, joined by veth pairs, and the processes in them, each ended by its own pid. */
import { execFile, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const END_PATIENCE_MS = 15_000;
/** A packet socket or DNAT on a veth sees what the sender leaves for a network card to fill in. */
const OFFLOADS = ['tx', 'tso', 'gso', 'gro'];

export interface LinkEnd {
  namespace: string;
  interface: string;
  /** With its prefix length. */
  address: string;
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export class Namespaces {
  private readonly names: string[] = [];
  private readonly children: ChildProcess[] = [];

  /** `prefix` begins the name of every namespace. */
  constructor(private readonly prefix: string) {}

  /** Adds an empty namespace; one left by a test that was killed is replaced. */
  async add(name: string): Promise<void> {
    const full = this.full(name);
    await run('ip', ['netns', 'del', full]).catch(() => undefined);
    await run('ip', ['netns', 'add', full]);
    this.names.push(name);
    await this.ip(name, 'link', 'set', 'lo', 'up');
    await this.shell(
      name,
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
    );
  }

  async link(a: LinkEnd, b: LinkEnd): Promise<void> {
    const peer = ['peer', 'name', b.interface, 'netns', this.full(b.namespace)];
    await run('ip', ['link', 'add', a.interface, 'netns', this.full(a.namespace), 'type', 'veth', ...peer]);
    for (const end of [a, b]) {
      const off = OFFLOADS.map((offload) => `${offload} off`).join(' ');
      await this.shell(end.namespace, `ethtool -K ${end.interface} ${off} >/dev/null`);
      await this.ip(end.namespace, 'addr', 'add', end.address, 'dev', end.interface);
      await this.ip(end.namespace, 'link', 'set', end.interface, 'up');
    }
  }

  async ip(name: string, ...args: string[]): Promise<void> {
    await run('ip', ['-n', this.full(name), ...args]);
  }

  /** Rejects when the script fails. */
  async shell(name: string, script: string): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', this.full(name), 'sh', '-ec', script]);
    return stdout;
  }

  /** Runs a program to its end, whatever its exit code. */
  output(name: string, argv: readonly string[], timeout_ms = 30_000): Promise<Output> {
    return new Promise((resolve) => {
      const args = ['netns', 'exec', this.full(name), ...argv];
      execFile('ip', args, { timeout: timeout_ms }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Starts a program that runs until `end` or `remove`. */
  start(name: string, argv: readonly string[], stdio: StdioOptions = 'ignore'): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.full(name), ...argv], { stdio });
    this.children.push(child);
    return child;
  }

  /** SIGTERM, and SIGKILL for what does not end by itself. */
  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_PATIENCE_MS);
    await closed;
    clearTimeout(timer);
  }

  async remove(): Promise<void> {
    await Promise.all(this.children.map((child) => this.end(child)));
    for (const name of this.names) await run('ip', ['netns', 'del', this.full(name)]);
  }

  private full(name: string): string {
    return `${this.prefix}-${name}`;
  }
}
