/**
 * Whether requests and files stayed at one store, as the stores' links show it.
 *
 * A request that reaches two stores may be executed twice; a COMMIT at another store than the WRITEs it is for makes
 * the client write everything again, or lose it. Each arrival at another store than the one before is a *move*. The
 * only moves there may be are those that the store's death forces: of a request or file away from it while it is dead,
 * and of a file to it once it is started again.
 */
import type { Outage } from './failover';
import type { RpcExchange } from './rpc_calls';

export interface PlacementReport {
  /** Requests that made a move which nothing forced. */
  requests_at_two_stores: number;
  /** The same of files, by the WRITE and COMMIT calls for them. */
  objects_at_two_stores: number;
  /** Files that WRITE or COMMIT calls were for: what the above is out of. */
  objects_written: number;
  /** The first few moves that nothing forced. */
  moves: string[];
}

interface Arrival {
  store: string;
  time_ns: bigint;
}

const MOVES_SHOWN_MAX = 5;

/** `stores`: the requests on each store's link. */
export function measurePlacement(
  outage: Outage,
  stores: ReadonlyMap<string, readonly RpcExchange[]>,
): PlacementReport {
  const requests = new Map<string, Arrival[]>();
  const files = new Map<string, Arrival[]>();
  for (const [store, exchanges] of stores) {
    for (const { key, file, transmissions_ns } of exchanges) {
      const arrivals = transmissions_ns.map((time_ns): Arrival => ({ store, time_ns }));
      append(requests, key, arrivals);
      if (file !== undefined) append(files, file, arrivals);
    }
  }
  const away = (from: Arrival, to: Arrival): boolean =>
    from.store === outage.store && to.time_ns >= outage.killed_ns && to.time_ns < outage.restarted_ns;
  const back = (to: Arrival): boolean => to.store === outage.store && to.time_ns >= outage.restarted_ns;
  const requestMoves = unforcedMoves(requests, 'request', away);
  const fileMoves = unforcedMoves(files, 'file', (from, to) => away(from, to) || back(to));
  return {
    requests_at_two_stores: requestMoves.length,
    objects_at_two_stores: fileMoves.length,
    objects_written: files.size,
    moves: [...requestMoves, ...fileMoves].slice(0, MOVES_SHOWN_MAX),
  };
}

function append(to: Map<string, Arrival[]>, key: string, arrivals: readonly Arrival[]): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [...arrivals]);
  else known.push(...arrivals);
}

/** The first such move of each that made one, in words. */
function unforcedMoves(
  arrivalsOf: ReadonlyMap<string, readonly Arrival[]>,
  what: string,
  isForced: (from: Arrival, to: Arrival) => boolean,
): string[] {
  return [...arrivalsOf].flatMap(([key, arrivals]) => {
    const inOrder = [...arrivals].sort((a, b) =>
      a.time_ns < b.time_ns ? -1 : a.time_ns > b.time_ns ? 1 : 0,
    );
    for (const [index, to] of inOrder.entries()) {
      const from = inOrder[index - 1];
      if (from === undefined || from.store === to.store || isForced(from, to)) continue;
      return [`${what} ${key} went to ${from.store}, then at ${to.time_ns} ns to ${to.store}`];
    }
    return [];
  });
}
