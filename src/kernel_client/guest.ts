/** A guest kernel in the place of a client: on its interface, with its addresses. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { runIn } from '../demo/children';
import type { ClientState } from '../topology/state';
import type { Topology } from '../topology/topology';
import { SOURCES, type GuestKernel } from './build';
import { KernelClientError } from './errors';
import type { GuestMount } from './transports';

/** Compiled by `src/setup/compile.cjs`. */
const WORKLOAD = resolve(__dirname, '../../.storeswitch/kernel-workload');

const MEMORY = '256M';
const BOOT_PATIENCE_MS = 60_000;
/** A guest whose load makes no progress for so long waits for the store for ever. */
const STALL_PATIENCE_MS = 60_000;
const PREFIX_LENGTH = 24;

export interface GuestOptions {
  topology: Topology;
  client: ClientState;
  kernel: GuestKernel;
  /** The default router. */
  gateway: string;
  mount: GuestMount;
  /** The load's folder below the export. */
  directory: string;
  /** A folder of the host for what the guest leaves. */
  results: string;
  seed: number;
  dbench_seconds: number;
  signal: AbortSignal;
}

type Line = { said: 'mounted' | 'stopped' | 'done' } | { said: 'progress'; operations: number };

export class Guest {
  private readonly said = new Set<Line['said']>();
  private waiting: (() => void)[] = [];
  private failure: string | undefined;
  private exited = false;
  /** Of the load, as it last said. */
  operations = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly results: string,
  ) {
    if (child.stdout === null) throw new KernelClientError('the guest has no serial line');
    createInterface({ input: child.stdout }).on('line', (line) => this.take(line));
    child.once('error', (error) => this.fail(error.message));
    child.once('close', (code, signal) => {
      this.exited = true;
      if (!this.said.has('done')) this.fail(`the guest ended early (${signal ?? `exit code ${code}`})`);
      this.wake();
    });
  }

  /** Resolves when the guest has mounted the export and its load runs. Rejects with KernelClientError. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const { topology, client, results } = options;
    mkdirSync(results, { recursive: true });
    await makeDeaf(topology, client);
    const console = openSync(join(results, 'console'), 'w');
    try {
      const child = topology.spawn(client.name, argv(options), {
        stdio: ['pipe', 'pipe', console],
        detached: true,
        env: { PATH: process.env.PATH, HOME: results, TMPDIR: '/tmp' },
      });
      const guest = new Guest(child, results);
      options.signal.addEventListener('abort', () => guest.fail('interrupted'), { once: true });
      try {
        await guest.until('mounted', BOOT_PATIENCE_MS);
      } catch (error) {
        guest.abandon();
        throw error;
      }
      return guest;
    } finally {
      closeSync(console);
    }
  }

  /** Throws KernelClientError if the guest has ended or failed. */
  check(): void {
    if (this.failure !== undefined) throw new KernelClientError(this.explain(this.failure));
  }

  /** Ends the load and the guest; it leaves its results. Rejects with KernelClientError when it stands still. */
  async finish(): Promise<void> {
    this.child.stdin?.write('stop\n');
    await this.until('stopped', STALL_PATIENCE_MS);
    await this.until('done', STALL_PATIENCE_MS);
    await this.waitFor(() => this.exited, STALL_PATIENCE_MS, 'it does not power off');
  }

  /** Ends it by force, and the host's processes that carry its own. */
  abandon(): void {
    if (this.exited || this.child.pid === undefined) return;
    process.kill(-this.child.pid, 'SIGKILL');
  }

  private until(said: Line['said'], patience_ms: number): Promise<void> {
    return this.waitFor(() => this.said.has(said), patience_ms, `it has not said '${said}'`);
  }

  /** The patience begins anew with each sign of life. */
  private async waitFor(isReached: () => boolean, patience_ms: number, otherwise: string): Promise<void> {
    while (!isReached()) {
      this.check();
      const before = this.operations;
      const woken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), patience_ms);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
      if (!woken && this.operations === before) {
        throw new KernelClientError(this.explain(`${otherwise} and stood still for ${patience_ms / 1000} s`));
      }
    }
  }

  private take(text: string): void {
    const line = text.trim();
    const [word, ...rest] = line.split(' ');
    if (word === 'failed:') this.fail(rest.join(' '));
    else if (word === 'progress') {
      const operations = Number(rest[0]);
      if (operations === this.operations) return;
      this.operations = operations;
    } else if (word === 'mounted' || word === 'stopped' || word === 'done') this.said.add(word);
    else return;
    this.wake();
  }

  private fail(why: string): void {
    this.failure ??= why;
    this.wake();
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }

  private explain(why: string): string {
    const lines = readFileSync(join(this.results, 'console'), 'utf8').trim().split('\n');
    const last = lines.filter((line) => /panic|nfs|cifs|error|fail/i.test(line)).slice(-3);
    return [`the guest: ${why} (its messages: ${join(this.results, 'console')})`, ...last].join('\n');
  }
}

/** The namespace's own kernel must not answer for addresses that are the guest's. */
async function makeDeaf(topology: Topology, { name, interface: device }: ClientState): Promise<void> {
  const script = `ip addr flush dev ${device} && ip link set ${device} arp off multicast off`;
  const { code, stderr } = await runIn(topology, name, ['sh', '-ec', script]);
  if (code !== 0) throw new KernelClientError(`${name}: \`${script}\` failed: ${stderr.trim()}`);
}

/** The kernel hands what looks like NAME=VALUE, and is none of its own parameters, to process 1 as environment. */
function argv({ client, kernel, ...options }: GuestOptions): string[] {
  const environment = {
    ADDRESS: `${client.address}/${PREFIX_LENGTH}`,
    GATEWAY: options.gateway,
    FILE_SYSTEM: options.mount.file_system,
    SOURCE: options.mount.source,
    MOUNT_OPTIONS: options.mount.options,
    DIRECTORY: options.directory,
    RESULTS: options.results,
    WORKLOAD,
    SEED: String(options.seed),
    DBENCH_SECONDS: String(options.dbench_seconds),
  };
  return [
    kernel.program,
    `mem=${MEMORY}`,
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    `init=${join(SOURCES, 'guest/init.sh')}`,
    `uml_dir=${options.results}/`,
    'con=null',
    'con0=null,fd:2',
    'ssl=null',
    'ssl0=fd:0,fd:1',
    'panic=-1',
    `vec0:transport=raw,ifname=${client.interface},mac=${client.mac},depth=128`,
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  ];
}
