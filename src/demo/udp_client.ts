/** The UDP load: `clients/nfs-udp.c`, a client on libnfs's raw API, one process in each client node. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Topology } from '../topology/topology';
import { ended, errorOutput } from './children';
import { DemoError } from './errors';
import { parseOperationLog, type LoggedOperation } from './operation_log';

/** Compiled by `src/setup/compile.cjs`. */
const PROGRAM = resolve(__dirname, '../../.storeswitch/nfs-udp');

/** Lanes in each client: a socket and one outstanding call each. */
const LANES = 16;
const PAUSE_US = 15_000;

const summarySchema = z.object({
  operations: z.int(),
  errors: z.int(),
  checksum_mismatches: z.int(),
  retransmissions: z.int(),
  recovered: z.int(),
  rewrites: z.int(),
});

/**
 * operations: NFS calls that ended, well or not. recovered: calls sent again that met their own earlier execution.
 * rewrites: files written again because a store answered with another write verifier.
 */
export type UdpSummary = z.output<typeof summarySchema>;

export class UdpClient {
  private readonly output: Buffer[] = [];
  private readonly stderr: () => string;

  private constructor(
    readonly node: string,
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => this.output.push(chunk));
    this.stderr = errorOutput(child);
  }

  static start(topology: Topology, node: string): UdpClient {
    if (!existsSync(PROGRAM))
      throw new DemoError(`${PROGRAM} is not compiled: run \`npm run demo\`, which does it`);
    const { vip, directory } = topology.state;
    const log = join(directory, `${node}-operations.csv`);
    const argv = [PROGRAM, vip, topology.state.export, String(LANES), String(PAUSE_US), log];
    return new UdpClient(node, topology.spawn(node, argv, { stdio: ['pipe', 'pipe', 'pipe'] }), log);
  }

  /** Throws DemoError if the client has ended by itself. */
  checkRunning(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) return;
    throw new DemoError(`the UDP client in ${this.node} ended early: ${this.stderr().trim()}`);
  }

  /** Lets the lanes finish their rounds. `complaints`: what went wrong, a line each. */
  async finish(): Promise<{ summary: UdpSummary; log: LoggedOperation[]; complaints: string }> {
    this.child.stdin?.end();
    const code = await ended(this.child);
    const complaints = this.stderr().trim();
    if (code !== 0) throw new DemoError(`the UDP client in ${this.node} failed: ${complaints}`);
    const summary = summarySchema.parse(JSON.parse(Buffer.concat(this.output).toString('utf8')));
    const log = parseOperationLog(readFileSync(this.log, 'utf8'), this.log);
    return { summary, log, complaints };
  }

  abandon(): void {
    this.child.kill('SIGKILL');
  }
}
