/** `nfs-rate.c`: NFS requests of one kind, at a fixed rate or as fast as they are answered. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Topology } from '../../topology/topology';

/** Compiled by `src/setup/compile.cjs`. */
const PROGRAM = resolve(__dirname, '../../../.storeswitch/nfs-rate');

const countsSchema = z.object({
  sent: z.int(),
  answered: z.int(),
  /** Refused, or not answered within a second. */
  failed: z.int(),
  /** Due, and not sent: the client could not keep up. */
  left_out: z.int(),
  /** How many answers took how long: see `latency.ts`. */
  took: z.array(z.int()),
});

export type Counts = z.output<typeof countsSchema>;

export type Transport = 'udp' | 'tcp';

export interface Load {
  name: string;
  procedure: 'getattr' | 'read' | 'write';
  bytes: number;
  /** As if so many clients sent. */
  sockets: number;
  /** Requests a second; 0: whatever `burst` lets be under way. */
  rate: number;
  /** At a rate: so many at once, then a pause. Without one: so many are always under way on each socket. */
  burst: number;
}

export class NfsLoad {
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
  ): Promise<NfsLoad> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not compiled: npm run bench does it`);
    const { procedure, bytes, sockets, rate, burst } = load;
    const argv = [
      ...[PROGRAM, transport, server, topology.state.export, procedure],
      ...[bytes, sockets, rate, burst].map(String),
    ];
    const client = new NfsLoad(topology.spawn(node, argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
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
