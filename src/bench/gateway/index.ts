import { isOnPath } from '../on_path';
import type { Benchmark, BenchmarkOptions, Report } from '../report';
import type { Load } from '../lab/nfs_load';
import { askAll } from './access/matrix';
import { FULL_LOADS, LOADS } from './loads';
import { gatewayReport } from './result';
import { roundsUnder, warmUp, type Measured } from './rounds';
import { Site } from './site';

const ROUNDS = 3;
const ROUNDS_FULL = 9;
const PROGRAMS = { haproxy: 'haproxy', 'nfs-cp': 'libnfs-utils', 'nfs-cat': 'libnfs-utils' };

async function run(
  progress: (line: string) => void,
  signal: AbortSignal,
  { full }: BenchmarkOptions,
): Promise<Report> {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isOnPath(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, debian_package]) => debian_package))];
    throw new Error(
      `not on PATH: ${missing.map(([program]) => program).join(', ')}; apt-get install ${packages.join(' ')}`,
    );
  }
  const rounds = full ? ROUNDS_FULL : ROUNDS;
  const site = await Site.open(progress, signal);
  try {
    await warmUp(site, FULL_LOADS, signal);
    const measured = new Map<Load, Measured>();
    for (const load of LOADS) measured.set(load, await roundsUnder(site, load, rounds, progress, signal));
    const access = await askAll(site.accessClient(), progress, signal);
    return gatewayReport(measured, site.stores, access, rounds);
  } finally {
    await site.close();
  }
}

export const gatewayBenchmark: Benchmark = {
  name: 'gateway',
  description:
    'NFS over TCP: each call balanced by the gateway, sessions through HAProxy, and a store directly',
  run,
};
