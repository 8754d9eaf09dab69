/** All paths in turn, several times over: what changes on the machine meanwhile changes for all of them. */
import { cpus } from 'node:os';
import { pause } from '../../demo/waiting';
import type { Load } from '../lab/nfs_load';
import { usageBetween } from '../lab/usage';
import { roundOf, type Round } from './efficiency';
import { PATHS, type Path } from './paths';
import type { Site } from './site';

/** Before a measurement: connections, windows, code that is not compiled yet. */
const WARM_MS = 800;
const MEASURED_MS = 2500;

/** What was measured under one load. */
export interface Measured {
  rounds: ReadonlyMap<Path, Round[]>;
  /** Requests of the gateway that reached each store, in all rounds together. */
  arrivals: readonly number[];
}

export async function roundsUnder(
  site: Site,
  load: Load,
  count: number,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const rounds = new Map(PATHS.map((path): [Path, Round[]] => [path, []]));
  const arrivals = site.stores.map(() => 0);
  for (let number = 1; number <= count; number++) {
    for (const path of PATHS) {
      const measured = await measure(site, path, load, signal);
      rounds.get(path)?.push(measured.round);
      if (path === 'gateway')
        measured.arrivals.forEach((arrived, i) => (arrivals[i] = (arrivals[i] ?? 0) + arrived));
      const { ops_per_second, cpu_us } = measured.round;
      progress(
        `${load.name}, round ${number} of ${count}: ${path}: ${Math.round(ops_per_second)} operations/s` +
          (path === 'direct' ? '' : `, ${cpu_us.proxy.toFixed(1)} µs each`),
      );
    }
  }
  return { rounds, arrivals };
}

/** What is just in time compiled is so afterwards: the first round would pay for it. */
export async function warmUp(site: Site, loads: readonly Load[], signal: AbortSignal): Promise<void> {
  for (const load of loads) await measure(site, 'gateway', load, signal);
}

async function measure(
  site: Site,
  path: Path,
  load: Load,
  signal: AbortSignal,
): Promise<{ round: Round; arrivals: number[] }> {
  const client = await site.offer(path, load);
  try {
    await pause(WARM_MS, signal);
    const from = await site.sample(path, client);
    await pause(MEASURED_MS, signal);
    const to = await site.sample(path, client);
    const cores = cpus().length;
    return {
      round: roundOf(usageBetween(from, to, cores), from, to, cores),
      arrivals: to.arrivals.map((arrived, i) => arrived - (from.arrivals[i] ?? 0)),
    };
  } finally {
    await client.stop();
  }
}
