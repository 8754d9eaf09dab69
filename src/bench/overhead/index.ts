import { isOnPath } from '../on_path';
import type { Benchmark, BenchmarkOptions, Report } from '../report';
import type { Load } from '../lab/nfs_load';
import { LOADS } from './loads';
import type { Path } from './paths';
import { overheadReport } from './result';
import { roundsOf, type Round } from './rounds';
import { Site } from './site';

const ROUNDS = 3;
const ROUNDS_FULL = 9;

async function run(
  progress: (line: string) => void,
  signal: AbortSignal,
  { full }: BenchmarkOptions,
): Promise<Report> {
  const missing = ['haproxy', 'nft'].filter((program) => !isOnPath(program));
  if (missing.length > 0) {
    throw new Error(`not on PATH: ${missing.join(', ')}; apt-get install haproxy nftables`);
  }
  const rounds = full ? ROUNDS_FULL : ROUNDS;
  const site = await Site.open(progress, signal);
  try {
    const measured = new Map<Load, ReadonlyMap<Path, readonly Round[]>>();
    for (const load of LOADS) measured.set(load, await roundsOf(site, load, rounds, progress, signal));
    return overheadReport(measured, rounds);
  } finally {
    await site.close();
  }
}

export const overheadBenchmark: Benchmark = {
  name: 'overhead',
  description: 'CPU time an NFS request costs on its way: through the switch, HAProxy (TCP), nftables NAT',
  run,
};
