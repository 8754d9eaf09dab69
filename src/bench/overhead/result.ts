/** What the benchmark says of its rounds. */
import type { Figure, Report } from '../report';
import { median, ratio } from '../statistics';
import { medianCost, type Cost, type Party } from './accounting';
import type { Load } from '../lab/nfs_load';
import { LOADS, MAIN } from './loads';
import { HAPROXY, NFTABLES, NFTABLES_TCP, PATHS, SWITCH, SWITCH_TCP, type Path } from './paths';
import type { Round } from './rounds';

/** The paths of the issue, by the name it has for them; then the others. */
const NAMED = { switch: SWITCH, haproxy: HAPROXY, nftables: NFTABLES } as const;
const ALL = { ...NAMED, switch_tcp: SWITCH_TCP, nftables_tcp: NFTABLES_TCP } as const;

export type Measured = ReadonlyMap<Load, ReadonlyMap<Path, readonly Round[]>>;

export function overheadReport(measured: Measured, rounds: number): Report {
  const roundsAt = (load: Load, path: Path): readonly Round[] => measured.get(load)?.get(path) ?? [];
  const cost = (load: Load, path: Path): Cost => medianCost(roundsAt(load, path).map((round) => round.cost));
  const byPath = (
    paths: Readonly<Record<string, Path>>,
    load: Load,
    of: keyof Cost,
  ): Record<string, Figure> => mapValues(paths, (path) => oneDecimal(cost(load, path)[of]));
  const against = (load: Load, of: keyof Cost): Figure =>
    ratio(cost(load, SWITCH)[of], cost(load, HAPROXY)[of]);
  const byLoad = (of: (load: Load) => Figure): Record<string, Figure> =>
    Object.fromEntries(LOADS.map((load) => [load.name, of(load)]));
  const every = LOADS.flatMap((load) => PATHS.flatMap((path) => roundsAt(load, path)));
  const rest_ms = (path: Path, party: Party): Figure =>
    oneDecimal(
      (median(LOADS.flatMap((load) => roundsAt(load, path)).map((r) => r.rest.cpu_us_per_second[party])) ??
        NaN) / 1e3,
    );
  const rest = {
    switch: rest_ms(SWITCH, 'box'),
    controller: rest_ms(SWITCH, 'controller'),
    haproxy: rest_ms(HAPROXY, 'box'),
  };
  const other_work = Number((median(every.map((round) => round.other_work)) ?? NaN).toFixed(2));
  const short = every.filter((round) => round.short).length;
  const failed = mapValues(ALL, (path) =>
    LOADS.flatMap((load) => roundsAt(load, path)).reduce((sum, round) => sum + round.failed, 0),
  );
  return {
    figures: {
      cpu_us_per_request: byPath(NAMED, MAIN, 'added_us'),
      ratio_haproxy: against(MAIN, 'added_us'),
      load: MAIN.name,
      ratio_haproxy_by_load: byLoad((load) => against(load, 'added_us')),
      ratio_haproxy_with_rest: against(MAIN, 'with_rest_us'),
      ...Object.fromEntries(
        LOADS.map((load) => [`${load.name}_us_per_request`, byPath(ALL, load, 'added_us')]),
      ),
      process_us_per_request: byPath({ switch: SWITCH, haproxy: HAPROXY }, MAIN, 'box_us'),
      machine_us_per_request: byPath(NAMED, MAIN, 'machine_us'),
      rest_ms_per_second: rest,
      other_work,
      short_of_rate: short,
      failed,
    },
    head: [
      'load',
      'path',
      'µs a request',
      'of it: switch or proxy',
      'stores',
      'client',
      'with rest',
      'machine',
    ],
    rows: LOADS.flatMap((load) =>
      PATHS.map((path) => {
        const { added_us, box_us, stores_us, client_us, with_rest_us, machine_us } = cost(load, path);
        const figures = [added_us, box_us, stores_us, client_us, with_rest_us, machine_us];
        return [load.name, path.name, ...figures.map((figure) => figure.toFixed(1))];
      }),
    ),
    notes: [
      `µs a request: CPU time of the switch or proxy beyond what it spends at rest, and what client and nfs-ganesha spend more than over a wire; medians of ${rounds} rounds, paths in turn`,
      'loads: requests a second from 8 sockets, evenly spaced or by 16 at once; READ and WRITE of 8,192 bytes',
      `at rest, ms of CPU time a second: switch ${rest.switch}, its controller ${rest.controller} (90 health checks a second), HAProxy ${rest.haproxy} (none); "with rest" has the share of it`,
      'machine: what the whole machine did more than over the wire; wrong if anything else ran',
      `other work took ${Math.round(100 * other_work)} % of the machine; ${short} of ${every.length} measurements did not reach the rate`,
      `failed requests: ${Object.entries(failed)
        .map((one) => one.join(' '))
        .join(', ')}`,
      `ratio switch / HAProxy, ${MAIN.name}: ${against(MAIN, 'added_us')}, with rest ${against(MAIN, 'with_rest_us')}`,
    ],
  };
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  of: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}

function oneDecimal(value: number): number {
  return Number(value.toFixed(1));
}
