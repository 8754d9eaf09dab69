/** All paths in turn, several times over: what changes on the machine meanwhile changes for all of them. */
import { cpus } from 'node:os';
import { pause } from '../../demo/waiting';
import type { Load } from '../lab/nfs_load';
import { otherWork, usageBetween, type Usage } from '../lab/usage';
import { costOf, type Cost, type Party } from './accounting';
import { PATHS, TURNS, type Path } from './paths';
import type { Site } from './site';

/** Before a measurement: connections, caches, code that is not compiled yet. */
const WARM_MS = 600;
const MEASURED_MS = 2500;
const REST_MS = 700;
/** With a larger part of the requests unsent or unanswered, the machine could not carry the load. */
const SHORT_MAX = 0.05;

export interface Round {
  cost: Cost;
  rest: Usage<Party>;
  /** Of all requests, from the warming up on. */
  failed: number;
  /** Whether the path, or the wire that it is compared with, did not get the rate that it was to have. */
  short: boolean;
  /** By others, as a fraction of the machine. */
  other_work: number;
}

/** The rounds of every path, under one load. */
export async function roundsOf(
  site: Site,
  load: Load,
  rounds: number,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Map<Path, Round[]>> {
  const all = new Map(PATHS.map((path): [Path, Round[]] => [path, []]));
  for (let number = 1; number <= rounds; number++) {
    for (const { wire, paths } of TURNS) {
      const { usage: wire_usage } = await underLoad(site, wire, load, signal);
      for (const path of paths) {
        const round = await roundOf(site, path, load, wire_usage, signal);
        all.get(path)?.push(round);
        progress(
          `${load.name}, round ${number} of ${rounds}: ${path.name}: ${round.cost.added_us.toFixed(1)} µs a request` +
            (round.short ? ', at less than that rate: the machine does no more' : '') +
            (round.failed > 0 ? `, ${round.failed} failed` : ''),
        );
      }
    }
  }
  return all;
}

async function roundOf(
  site: Site,
  path: Path,
  load: Load,
  wire: Usage<Party>,
  signal: AbortSignal,
): Promise<Round> {
  const rest = await atRest(site, path, signal);
  const { usage, failed } = await underLoad(site, path, load, signal);
  const short = [usage, wire].some(
    ({ requests_per_second }) => requests_per_second < (1 - SHORT_MAX) * load.rate,
  );
  const cost = costOf({ path: usage, wire, rest });
  return { cost, rest, failed, short, other_work: otherWork(usage, cpus().length) };
}

async function underLoad(
  site: Site,
  path: Path,
  load: Load,
  signal: AbortSignal,
): Promise<{ usage: Usage<Party>; failed: number }> {
  const client = await site.offer(path, load);
  try {
    await pause(WARM_MS, signal);
    const from = await site.sample(path.through, client);
    await pause(MEASURED_MS, signal);
    const to = await site.sample(path.through, client);
    const { failed } = await client.counts();
    return { usage: usageBetween(from, to, cpus().length), failed };
  } finally {
    await client.stop();
  }
}

async function atRest(site: Site, { through }: Path, signal: AbortSignal): Promise<Usage<Party>> {
  const from = await site.sample(through);
  await pause(REST_MS, signal);
  return usageBetween(from, await site.sample(through), cpus().length);
}
