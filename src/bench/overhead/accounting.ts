/** From what the kernel counted to the CPU time of one request: arithmetic only. */
import type { Usage } from '../lab/usage';
import { median } from '../statistics';

/** Whose work may depend on the path that requests take. The box is the switch or the proxy. */
export const PARTIES = ['client', 'stores', 'box', 'controller', 'softirq'] as const;
export type Party = (typeof PARTIES)[number];

/** One round of one path, and of the wire that it is compared with, under the same load. */
export interface Compared {
  path: Usage<Party>;
  wire: Usage<Party>;
  /** The path when no request comes. */
  rest: Usage<Party>;
}

/** CPU time per request, µs. */
export interface Cost {
  /** What client, stores and softirq threads spend more than over the wire, and what the box spends more than at rest. */
  added_us: number;
  /** As `added_us`, and what box and controller spend at rest. */
  with_rest_us: number;
  /** All that the machine did more than over the wire. True only if nothing else runs on it. */
  machine_us: number;
  /** The parts of `added_us`. */
  client_us: number;
  stores_us: number;
  box_us: number;
}

export function costOf({ path, wire, rest }: Compared): Cost {
  const each = ({ cpu_us_per_second, requests_per_second }: Usage<Party>, party: Party): number =>
    cpu_us_per_second[party] / requests_per_second;
  const more = (party: Party): number => each(path, party) - each(wire, party);
  const resting = (party: Party): number => rest.cpu_us_per_second[party] / path.requests_per_second;
  const box_us = each(path, 'box') - resting('box');
  const added_us = more('client') + more('stores') + more('softirq') + box_us;
  return {
    added_us,
    with_rest_us: added_us + resting('box') + resting('controller'),
    machine_us:
      path.machine_us_per_second / path.requests_per_second -
      wire.machine_us_per_second / wire.requests_per_second,
    client_us: more('client'),
    stores_us: more('stores'),
    box_us,
  };
}

/** Of each figure, the median of all rounds. */
export function medianCost(rounds: readonly Cost[]): Cost {
  const middle = (of: (cost: Cost) => number): number => median(rounds.map(of)) ?? NaN;
  return {
    added_us: middle((cost) => cost.added_us),
    with_rest_us: middle((cost) => cost.with_rest_us),
    machine_us: middle((cost) => cost.machine_us),
    client_us: middle((cost) => cost.client_us),
    stores_us: middle((cost) => cost.stores_us),
    box_us: middle((cost) => cost.box_us),
  };
}
