/**
 * How long a store's death kept clients waiting.
 *
 * A request was *held up* when it was unanswered at the kill or came after it and before the store came back, had to
 * be sent again, and had met the dead store: one of its transmissions went to that store and stayed unanswered there,
 * or went to no store at all. `failover_ms` is the time from the kill to the last first answer of such a request: from
 * then on, every request is answered again. The clients' own retransmission timer is part of it.
 *
 * A switch short of processor time loses transmissions with or without a death. Those are told from requests that
 * nobody took over by what the same load lost before the kill: from some request on until the store comes back, as
 * many may have been lost once, twice and so on as before, and not clearly more. One that nobody takes over is lost
 * again and again, so there soon are more. A run that lost nothing before the kill excuses nothing. What may hide is a
 * gap too short to lose more requests, or more transmissions of one, than usual.
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
  /** The same with no loss excused. */
  failover_with_losses_ms: number;
  held_up_requests: number;
  /** Requests first sent while the store was dead. */
  requests_meanwhile: number;
  /** Transmissions of all the run that went to no store. */
  lost_in_switch: number;
  /** Of them, those of requests that were answered before the kill. */
  lost_in_switch_before_kill: number;
}

interface Request {
  sent_ns: bigint;
  /** Undefined if it never was. */
  answered_ns: bigint | undefined;
  /** Transmissions that went to no store. */
  lost: number;
  sentAgain: boolean;
  unansweredByDead: boolean;
}

/** `external`: the requests on all clients' links; `stores`: on each store's link. Throws DemoError if none was held up. */
export function measureFailover(
  outage: Outage,
  external: readonly RpcExchange[],
  stores: ReadonlyMap<string, readonly RpcExchange[]>,
): Failover {
  const { killed_ns, restarted_ns } = outage;
  const requests = followRequests(outage, external, stores);
  const isBefore = ({ answered_ns }: Request): boolean =>
    answered_ns !== undefined && answered_ns <= killed_ns;
  const before = requests.filter(isBefore);
  const during = requests.filter((request) => !isBefore(request) && request.sent_ns < restarted_ns);
  const metDead = during.filter(({ sentAgain, unansweredByDead }) => sentAgain && unansweredByDead);
  const lostOnly = during.filter(
    ({ sentAgain, unansweredByDead, lost }) => sentAgain && !unansweredByDead && lost > 0,
  );
  const held = [...metDead, ...lostOnly.slice(0, lostOnly.length - asUsual(lostOnly, during, before))];
  const requests_meanwhile = during.filter(({ sent_ns }) => sent_ns >= killed_ns).length;
  if (requests_meanwhile === 0) {
    throw new DemoError('no request was sent while a store was dead: nothing to measure failover by');
  }
  if (held.length === 0) {
    throw new DemoError('no request met the dead store: nothing to measure failover by');
  }
  return {
    failover_ms: lastAnswer_ms(held, outage),
    failover_with_losses_ms: lastAnswer_ms([...metDead, ...lostOnly], outage),
    held_up_requests: held.length,
    requests_meanwhile,
    lost_in_switch: sumLost(requests),
    lost_in_switch_before_kill: sumLost(before),
  };
}

/** In the order in which they were first sent. */
function followRequests(
  outage: Outage,
  external: readonly RpcExchange[],
  stores: ReadonlyMap<string, readonly RpcExchange[]>,
): Request[] {
  const forwarded = new Map<string, number>();
  const unansweredByDead = new Set<string>();
  for (const [store, exchanges] of stores) {
    for (const { key, transmissions_ns, replies_ns } of exchanges) {
      forwarded.set(key, (forwarded.get(key) ?? 0) + transmissions_ns.length);
      if (store === outage.store && replies_ns.length < transmissions_ns.length) unansweredByDead.add(key);
    }
  }
  return external
    .flatMap(({ key, transmissions_ns, replies_ns: [answered_ns] }): Request[] => {
      const [sent_ns] = transmissions_ns;
      if (sent_ns === undefined) return [];
      return [
        {
          sent_ns,
          answered_ns,
          lost: Math.max(0, transmissions_ns.length - (forwarded.get(key) ?? 0)),
          sentAgain: transmissions_ns.length > 1 || answered_ns === undefined,
          unansweredByDead: unansweredByDead.has(key),
        },
      ];
    })
    .sort((a, b) => (a.sent_ns < b.sent_ns ? -1 : a.sent_ns > b.sent_ns ? 1 : 0));
}

/** How many of `lost`, counted from the last, are no more than what was lost among the requests `before`. */
function asUsual(lost: readonly Request[], during: readonly Request[], before: readonly Request[]): number {
  if (before.length === 0) return 0;
  for (const [index, { sent_ns }] of lost.entries()) {
    const among = during.filter((request) => request.sent_ns >= sent_ns).length;
    const rest = lost.slice(index);
    const times_max = Math.max(...rest.map((request) => request.lost));
    let usual = true;
    for (let times = 1; usual && times <= times_max; times++) {
      const expected = (lostAtLeast(before, times) / before.length) * among;
      usual = lostAtLeast(rest, times) <= mostByChance(expected);
    }
    if (usual) return rest.length;
  }
  return 0;
}

function lostAtLeast(requests: readonly Request[], times: number): number {
  return requests.filter(({ lost }) => lost >= times).length;
}

/** Rare events in a time in which `expected` are expected: three standard deviations above (Poisson). */
function mostByChance(expected: number): number {
  return expected + 3 * Math.sqrt(expected);
}

function sumLost(requests: readonly Request[]): number {
  return requests.reduce((sum, { lost }) => sum + lost, 0);
}

/** Never answered: held up for as long as the store was dead, at least. */
function lastAnswer_ms(held: readonly Request[], { killed_ns, restarted_ns }: Outage): number {
  const last_ns = held.reduce(
    (last, { answered_ns = restarted_ns }) => (answered_ns > last ? answered_ns : last),
    killed_ns,
  );
  return Math.round(Number(last_ns - killed_ns) / 1e5) / 10;
}
