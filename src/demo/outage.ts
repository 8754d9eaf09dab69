/** What a demo does while clients work: a store is killed halfway, and comes back. */
import type { Topology } from '../topology/topology';
import { DemoError } from './errors';
import type { Outage } from './failover';
import { pause, storesUp } from './waiting';

/** How long the load runs before, between and after the two events. */
const ALL_UP_MS = 5000;
const DEAD_MS = 3000;
const BACK_MS = 3000;

export interface OutageOptions {
  topology: Topology;
  /** Name of the store. */
  victim: string;
  /** What clients do beside their load, in each of the phases. */
  whileUp: () => Promise<void>;
  whileDead: () => Promise<void>;
  whenBack: () => Promise<void>;
  /** Throws where the load has ended. */
  checkLoad: () => void;
  progress: (text: string) => void;
  signal: AbortSignal;
}

export async function throughOutage(options: OutageOptions): Promise<Outage> {
  const { topology, victim, checkLoad, progress, signal } = options;
  const load = async (duration_ms: number): Promise<void> => {
    await pause(duration_ms, signal);
    checkLoad();
  };
  await options.whileUp();
  await load(ALL_UP_MS);
  progress(`killing ganesha in ${victim}`);
  const { signalled_ns } = await topology.daemon('kill', victim, 'ganesha');
  if (signalled_ns === undefined) throw new DemoError('the topology does not say when it killed the store');
  await load(DEAD_MS);
  await options.whileDead();
  progress(`starting ganesha in ${victim} again`);
  const restarted_ns = BigInt(Date.now()) * 1_000_000n;
  await topology.daemon('start', victim, 'ganesha');
  await storesUp(topology, signal);
  await load(BACK_MS);
  await options.whenBack();
  return { killed_ns: BigInt(signalled_ns), restarted_ns, store: victim };
}
