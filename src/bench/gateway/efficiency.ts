/** What a path does with the CPU time it takes: arithmetic only. */
import { eachParty, otherWork, type Usage } from '../lab/usage';
import { countedBetween, quantileOf } from '../lab/latency';
import { median } from '../statistics';

/** `proxy`: the gateway, or HAProxy. Directly there is none; the switch and its controller take part for the gateway only. */
export const PARTIES = ['client', 'stores', 'proxy', 'switch', 'controller', 'softirq'] as const;
export type Party = (typeof PARTIES)[number];

/** One measurement of one path under one load. */
export interface Round {
  ops_per_second: number;
  p99_us: number | null;
  /** CPU time of one operation, µs. */
  cpu_us: Readonly<Record<Party, number>>;
  /** By others, as a fraction of the machine. */
  other_work: number;
  /** Refused, or not answered within a second. */
  failed: number;
}

export interface Reading {
  failed: number;
  took: readonly number[];
}

export function roundOf(usage: Usage<Party>, from: Reading, to: Reading, cpus: number): Round {
  const { requests_per_second: ops_per_second, cpu_us_per_second } = usage;
  return {
    ops_per_second,
    p99_us: quantileOf(countedBetween(from.took, to.took), 0.99),
    cpu_us: eachParty(PARTIES, (party) => cpu_us_per_second[party] / ops_per_second),
    other_work: otherWork(usage, cpus),
    failed: to.failed - from.failed,
  };
}

/** The medians of a path's rounds under one load, each figure by itself. */
export interface Efficiency {
  ops_per_second: number;
  p99_us: number | null;
  /** The proxy's own processes, per operation. */
  proxy_us: number;
  /** The gateway's and the switch's; of HAProxy its own alone. */
  proxy_and_switch_us: number;
  /** Everybody's: client, stores, proxy, switch, controller, softirq threads. */
  path_us: number;
  /** What the machine did per second for anybody, of `proxy`, `switch`, `stores` and `client`, as a fraction of one core. */
  busy: Readonly<Record<Party, number>>;
}

export function efficiencyOf(rounds: readonly Round[]): Efficiency {
  const middle = (of: (round: Round) => number): number => median(rounds.map(of)) ?? NaN;
  return {
    ops_per_second: middle((round) => round.ops_per_second),
    p99_us: median(rounds.flatMap(({ p99_us }) => p99_us ?? [])),
    proxy_us: middle(({ cpu_us }) => cpu_us.proxy),
    proxy_and_switch_us: middle(({ cpu_us }) => cpu_us.proxy + cpu_us.switch),
    path_us: middle(({ cpu_us }) => PARTIES.reduce((sum, party) => sum + cpu_us[party], 0)),
    busy: eachParty(PARTIES, (party) =>
      middle(({ cpu_us, ops_per_second }) => (cpu_us[party] * ops_per_second) / 1e6),
    ),
  };
}

/** Whose CPU time counts where two paths are compared. */
export type Counted = Extract<keyof Efficiency, 'proxy_us' | 'proxy_and_switch_us' | 'path_us'>;

/** How many operations the gateway does with the CPU time in which HAProxy does one; null without figures. */
export function ratioAtEqualCpu(gateway: Efficiency, haproxy: Efficiency, counted: Counted): number | null {
  const found = haproxy[counted] / gateway[counted];
  return Number.isFinite(found) ? Number(found.toFixed(2)) : null;
}
