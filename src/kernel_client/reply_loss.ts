/**
 * Replies over UDP that stores send and nobody gets: so requests are repeated that were executed, which only the store
 * that executed them can answer rightly. The stores' own packet filter drops them, before the switch.
 */
import { z } from 'zod';
import { runIn } from '../demo/children';
import type { Topology } from '../topology/topology';
import { NFS_PORT } from '../wire/nfs3';
import { KernelClientError } from './errors';

const TABLE = 'ip reply_loss';
const SCALE = 1000;

const countersSchema = z.object({
  nftables: z.array(z.looseObject({ counter: z.object({ packets: z.int() }).optional() })),
});

export class ReplyLoss {
  constructor(
    private readonly topology: Topology,
    /** Of who asks: the client's also where the gateway does so in its name. */
    private readonly address: string,
    private readonly percent: number,
  ) {}

  /** Rejects with KernelClientError where the kernel has no nftables. */
  async begin(): Promise<void> {
    const limit = Math.round((this.percent * SCALE) / 100);
    await this.inStores([
      [
        `add table ${TABLE}`,
        `add counter ${TABLE} lost`,
        `add chain ${TABLE} replies { type filter hook output priority 0; }`,
        `flush chain ${TABLE} replies`,
        `add rule ${TABLE} replies ip daddr ${this.address} udp sport ${NFS_PORT}` +
          ` numgen random mod ${SCALE} < ${limit} counter name lost drop`,
      ].join('\n'),
    ]);
  }

  async end(): Promise<void> {
    await this.inStores([`flush chain ${TABLE} replies`]);
  }

  /** Replies dropped so far. */
  async count(): Promise<number> {
    const outputs = await this.inStores(['-j', 'list', 'counter', ...TABLE.split(' '), 'lost']);
    return outputs
      .flatMap((text) => countersSchema.parse(JSON.parse(text)).nftables)
      .reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0);
  }

  private inStores(args: readonly string[]): Promise<string[]> {
    return Promise.all(
      this.topology.stores.map(async ({ name }) => {
        const { code, stdout, stderr } = await runIn(this.topology, name, ['nft', ...args]);
        if (code !== 0) throw new KernelClientError(`nft in ${name} failed: ${stderr.trim()}`);
        return stdout.toString('utf8');
      }),
    );
  }
}
