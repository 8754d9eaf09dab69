import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ip } from './ip';
import { PORTS, switchEnd, testerEnd } from './ports';

/** A network namespace with a veth pair per port, and the processes that run in it. */
export class Lab {
  /** For sockets; goes with the lab. */
  readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-bench-'));
  private readonly children = new Set<ChildProcess>();

  constructor(private readonly namespace = `ssb-${process.pid}`) {
    try {
      if (process.getuid?.() !== 0)
        throw new Error('this benchmark makes network namespaces: run it as root');
      ip('netns', 'add', namespace);
    } catch (error) {
      rmSync(this.folder, { recursive: true, force: true });
      throw error;
    }
    try {
      for (const scope of ['all', 'default']) {
        ip('netns', 'exec', namespace, 'sysctl', '-qw', `net.ipv6.conf.${scope}.disable_ipv6=1`);
      }
      for (const port of PORTS) {
        const ends = [switchEnd(port), testerEnd(port)] as const;
        ip('-n', namespace, 'link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1]);
        for (const end of ends) ip('-n', namespace, 'link', 'set', end, 'arp', 'off', 'up');
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Starts a command inside; what it writes to standard error is shown. */
  spawn(argv: readonly string[]): LabProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    return new LabProcess(child, argv[1] ?? argv[0] ?? '');
  }

  /** Frames that arrived so far at the testers' ends of these ports. */
  received(ports: readonly number[]): number {
    const links = JSON.parse(ip('-n', this.namespace, '-s', '-j', 'link', 'show')) as {
      ifname?: string;
      stats64?: { rx: { packets: number } };
    }[];
    const ends = ports.map(testerEnd);
    return links
      .filter(({ ifname }) => ifname !== undefined && ends.includes(ifname))
      .reduce((sum, { stats64 }) => sum + (stats64?.rx.packets ?? 0), 0);
  }

  close(): void {
    for (const child of this.children) child.kill('SIGKILL');
    ip('netns', 'delete', this.namespace);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class LabProcess {
  private output = '';
  private readonly closed: Promise<number | null>;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
      for (const listener of this.listeners) listener();
    });
    // It may end before it is told to.
    child.stdin?.on('error', () => undefined);
    this.closed = new Promise((done) => child.once('close', done));
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it has written a first line. Rejects if it ends before. */
  async ready(): Promise<void> {
    if (!this.output.includes('\n')) {
      await Promise.race([new Promise<void>((done) => this.listeners.add(done)), this.closed]);
    }
    if (!this.output.includes('\n')) throw new Error(`${this.name} ended before it was ready`);
  }

  /** Calls `listener` as soon as something is written. */
  onOutput(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Closes its standard input; resolves with the last line it wrote when it has ended well. */
  async result(): Promise<unknown> {
    this.child.stdin?.end();
    const status = await this.closed;
    if (status !== 0) throw new Error(`${this.name} ended with status ${status}`);
    return JSON.parse(this.output.trimEnd().split('\n').at(-1) ?? '') as unknown;
  }

  async stop(): Promise<void> {
    if (this.running) this.child.kill('SIGTERM');
    await this.closed;
  }
}
