/**
 * How long a store's death kept clients waiting.
 *
 * A request was *held up* when it was unanswered at the kill or came after it and before the store came back, had to
 * be sent again, and had met the dead store: one of its transmissions went to that store and stayed unanswered there,
 * or went to no store at all. `failover_ms` is the time from the kill to the last first answer of such a request: from
 * then on, every request is answered again. The clients' own retransmission timer is part of it.
 */
import { DemoError } from './errors';
import type { RpcExchange } from './rpc_calls';

export interface Outage {
  /** Just before the signal, ns since the epoch. */
  killed_ns: bigint;
  /** Just before the daemon was started again. */
  restarted_ns: bigint;
  /** Name of the store. */
  store: string;
}

export interface Failover {
  failover_ms: number;
  held_up_requests: number;
  /** Requests first sent while the store was dead. */
  requests_meanwhile: number;
}

/** `external`: the requests on all clients' links; `stores`: on each store's link. */
export function measureFailover(
  outage: Outage,
  external: readonly RpcExchange[],
  stores: ReadonlyMap<string, readonly RpcExchange[]>,
): Failover {
  const forwarded = new Map<string, number>();
  const unansweredByDead = new Set<string>();
  for (const [store, exchanges] of stores) {
    for (const exchange of exchanges) {
      forwarded.set(exchange.key, (forwarded.get(exchange.key) ?? 0) + exchange.transmissions_ns.length);
      if (store === outage.store && exchange.replies_ns.length < exchange.transmissions_ns.length) {
        unansweredByDead.add(exchange.key);
      }
    }
  }
  let last_ns = outage.killed_ns;
  let held_up_requests = 0;
  let requests_meanwhile = 0;
  for (const { key, transmissions_ns, replies_ns } of external) {
    const [sent_ns] = transmissions_ns;
    const [answered_ns] = replies_ns;
    if (sent_ns === undefined || sent_ns >= outage.restarted_ns) continue;
    if (sent_ns >= outage.killed_ns) requests_meanwhile++;
    if (answered_ns !== undefined && answered_ns <= outage.killed_ns) continue;
    const sentAgain = transmissions_ns.length > 1 || answered_ns === undefined;
    const metDeadStore = unansweredByDead.has(key) || (forwarded.get(key) ?? 0) < transmissions_ns.length;
    if (!sentAgain || !metDeadStore) continue;
    held_up_requests++;
    // Never answered: held up for as long as the store was dead, at least.
    const until_ns = answered_ns ?? outage.restarted_ns;
    if (until_ns > last_ns) last_ns = until_ns;
  }
  if (requests_meanwhile === 0) {
    throw new DemoError('no request was sent while a store was dead: nothing to measure failover by');
  }
  const failover_ms = Number(last_ns - outage.killed_ns) / 1e6;
  return { failover_ms: Math.round(failover_ms * 10) / 10, held_up_requests, requests_meanwhile };
}
