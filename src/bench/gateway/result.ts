/** What the benchmark says of its rounds. */
import type { Load } from '../lab/nfs_load';
import { eachParty } from '../lab/usage';
import type { Figure, Report } from '../report';
import { median } from '../statistics';
import type { MatrixResult } from './access/matrix';
import { efficiencyOf, PARTIES, ratioAtEqualCpu, type Counted, type Efficiency } from './efficiency';
import { FULL_LOADS, isOneConnection, LOADS, MAIN } from './loads';
import { PATHS, type Path } from './paths';
import type { Measured } from './rounds';
import { spreadOf } from './spread';

/** Mismatches that are printed. */
const SHOWN_MAX = 20;

export function gatewayReport(
  measured: ReadonlyMap<Load, Measured>,
  stores: readonly string[],
  access: MatrixResult,
  rounds: number,
): Report {
  const of = (load: Load, path: Path): Efficiency => efficiencyOf(measured.get(load)?.rounds.get(path) ?? []);
  const byPath = (load: Load, figure: (efficiency: Efficiency) => Figure): Record<Path, Figure> =>
    Object.fromEntries(PATHS.map((path) => [path, figure(of(load, path))])) as Record<Path, Figure>;
  const ratio = (load: Load, counted: Counted): number | null =>
    ratioAtEqualCpu(of(load, 'gateway'), of(load, 'haproxy'), counted);
  const byLoad = (counted: Counted): Record<string, Figure> =>
    Object.fromEntries(LOADS.map((load) => [load.name, ratio(load, counted)]));
  const worst = (counted: Counted): number | null => least(FULL_LOADS.map((load) => ratio(load, counted)));
  const one_connection = LOADS.filter(isOneConnection).map((load) => ({
    load,
    arrivals: measured.get(load)?.arrivals ?? [],
  }));
  const spreads = one_connection.map(({ arrivals }) => spreadOf(arrivals));
  const spread = spreads.includes(null) ? null : Math.max(...spreads.map(Number));
  const every = [...measured.values()].flatMap((load) => [...load.rounds.values()].flat());
  const other_work = Number((median(every.map((round) => round.other_work)) ?? NaN).toFixed(2));
  const failed = every.reduce((sum, round) => sum + round.failed, 0);
  return {
    figures: {
      ops_per_second: byPath(MAIN, ({ ops_per_second }) => Math.round(ops_per_second)),
      load: MAIN.name,
      ratio_haproxy_at_equal_cpu: worst('proxy_us'),
      ratio_haproxy_at_equal_cpu_with_switch: worst('proxy_and_switch_us'),
      ratio_haproxy_at_equal_cpu_of_path: worst('path_us'),
      one_connection_spread: spread === null ? null : Number(spread.toFixed(4)),
      access_cases: access.cases,
      access_mismatches: access.mismatches.length,
      access_verdicts: access.verdicts.size,
      ratio_by_load: byLoad('proxy_us'),
      ratio_with_switch_by_load: byLoad('proxy_and_switch_us'),
      ratio_of_path_by_load: byLoad('path_us'),
      ...Object.fromEntries(
        LOADS.flatMap((load) => [
          [`${load.name}_ops_per_second`, byPath(load, (figures) => Math.round(figures.ops_per_second))],
          [
            `${load.name}_p99_us`,
            byPath(load, ({ p99_us }) => (p99_us === null ? null : Math.round(p99_us))),
          ],
          [`${load.name}_proxy_us_per_op`, byPath(load, ({ proxy_us }) => oneDecimal(proxy_us))],
          [`${load.name}_path_us_per_op`, byPath(load, ({ path_us }) => oneDecimal(path_us))],
        ]),
      ),
      ...Object.fromEntries(
        one_connection.map(({ load, arrivals }) => [
          `${load.name}_requests`,
          Object.fromEntries(stores.map((store, i) => [store, arrivals[i] ?? 0])),
        ]),
      ),
      ...Object.fromEntries(LOADS.map((load) => [`${load.name}_busy`, busy(of(load, 'gateway'))])),
      other_work,
      failed,
    },
    head: [
      'load',
      'path',
      'operations/s',
      'p99 µs',
      'proxy µs',
      'with switch',
      'whole path',
      'busy, % of a core',
    ],
    rows: LOADS.flatMap((load) =>
      PATHS.map((path) => {
        const figures = of(load, path);
        const { ops_per_second, p99_us, proxy_us, proxy_and_switch_us, path_us } = figures;
        return [
          ...[load.name, path, ops_per_second.toFixed(0), p99_us === null ? '-' : p99_us.toFixed(0)],
          ...[proxy_us, proxy_and_switch_us, path_us].map((us) => us.toFixed(1)),
          busyText(figures),
        ];
      }),
    ),
    notes: [
      `proxy, with switch, whole path: CPU time of one operation, µs; medians of ${rounds} rounds, paths in turn; READ of 4,096 octets`,
      'many, one: 64 operations under way on 16 connections, on one; a number: so many a second on 16 connections',
      `ratio gateway / HAProxy at equal CPU, worst of many and one: of the proxy ${worst('proxy_us')}, with the embedded switch ${worst('proxy_and_switch_us')}, of the whole path ${worst('path_us')}`,
      ...one_connection.map(
        ({ load, arrivals }, i) =>
          `requests of ${load.name} by store: ${stores.map((store, j) => `${store} ${arrivals[j] ?? 0}`).join(', ')}; ${percent(spreads[i] ?? null)} from even`,
      ),
      `access: ${access.cases} cases with ${access.verdicts.size} different verdicts; ${access.mismatches.length} differ between a store itself and the gateway`,
      ...access.mismatches.slice(0, SHOWN_MAX),
      `other work took ${Math.round(100 * other_work)} % of the machine; ${failed} operations failed`,
    ],
  };
}

/** Null if any is. */
function least(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : Math.min(...values.map(Number));
}

function busy({ busy: cores }: Efficiency): Record<string, Figure> {
  return eachParty(PARTIES, (party) => Number(cores[party].toFixed(2)));
}

function busyText({ busy: cores }: Efficiency): string {
  return PARTIES.filter((party) => cores[party] >= 0.05)
    .map((party) => `${party} ${Math.round(100 * cores[party])}`)
    .join(', ');
}

function oneDecimal(value: number): number {
  return Number(value.toFixed(1));
}

function percent(fraction: number | null): string {
  return fraction === null ? '-' : `${(100 * fraction).toFixed(1)} %`;
}
