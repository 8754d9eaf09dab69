/** `nfs-rate.c`: requests at a fixed rate. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Topology } from '../../topology/topology';
import type { Transport } from './paths';

/** Compiled by `src/setup/compile.cjs`. */
const PROGRAM = resolve(__dirname, '../../../.storeswitch/nfs-rate');
/** As if so many clients sent. */
const SOCKETS = 8;

const countsSchema = z.object({
  sent: z.int(),
  answered: z.int(),
  /** Refused, or not answered within a second. */
  failed: z.int(),
  /** Due, and not sent: the client could not keep up. */
  left_out: z.int(),
  waited_ns: z.int(),
});

export type Counts = z.output<typeof countsSchema>;

export interface Load {
  name: string;
  procedure: 'getattr' | 'read' | 'write';
  bytes: number;
  rate: number;
  /** So many at once, then a pause. */
  burst: number;
}

export class Client {
  private readonly waiting: ((line: string | undefined) => void)[] = [];
  private ended = false;

  private constructor(private readonly child: ChildProcess) {
    if (child.stdout === null) throw new Error('the NFS client has no output');
    child.stdin?.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.waiting.shift()?.(line));
    lines.on('close', () => {
      this.ended = true;
      for (const wake of this.waiting.splice(0)) wake(undefined);
    });
  }

  /** Resolves when it has mounted and begins. */
  static async start(
    topology: Topology,
    node: string,
    server: string,
    transport: Transport,
    load: Load,
  ): Promise<Client> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not compiled: npm run bench does it`);
    const { procedure, bytes, rate, burst } = load;
    const argv = [
      ...[PROGRAM, transport, server, topology.state.export, procedure],
      ...[bytes, SOCKETS, rate, burst].map(String),
    ];
    const client = new Client(topology.spawn(node, argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await client.nextLine();
    return client;
  }

  get pid(): number {
    if (this.child.pid === undefined || this.ended) throw new Error('the NFS client ended early');
    return this.child.pid;
  }

  /** What it has counted until now. */
  async counts(): Promise<Counts> {
    this.child.stdin?.write('?');
    return this.nextLine();
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((done) => this.child.once('close', done));
    this.child.kill('SIGTERM');
    await closed;
  }

  private async nextLine(): Promise<Counts> {
    const line = await new Promise<string | undefined>((done) => {
      if (this.ended) done(undefined);
      else this.waiting.push(done);
    });
    if (line === undefined) throw new Error('the NFS client ended early');
    return countsSchema.parse(JSON.parse(line));
  }
}
