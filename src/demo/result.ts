/** What the demo measured: the JSON document of `storeswitch demo --json`, and how captures become it. */
import type { Addresses } from './addresses';
import type { LinkCapture } from './captures';
import { directFrames, isGatewayPort } from './direct_frames';
import { measureFailover, type Outage } from './failover';
import { compareForwarding } from './forwarding';
import { measurePlacement } from './placement';
import { rpcExchanges, type RpcExchange } from './rpc_calls';
import { decodeFrame } from '../wire/frame';
import { TCP_FLAG } from '../wire/tcp';
import { percentile } from './statistics';

export interface StoreResult {
  name: string;
  /** Requests over UDP that reached it; one that was sent again counts once. */
  requests: number;
  /** Those of them that a gateway sent in a client's name. */
  gateway_requests: number;
  /** Of the requests over UDP before any store was killed. */
  share_all_up: number;
  tcp_connections: number;
  /** From call to reply on the store's link; null where it answered nothing. */
  p50_us: number | null;
  p99_us: number | null;
}

export interface DemoResult {
  target: string;
  /** Over UDP and TCP together. */
  operations: number;
  errors: number;
  checksum_mismatches: number;
  /** See failover.ts; the second counts what the switch lost as well. */
  failover_ms: number;
  failover_with_losses_ms: number;
  held_up_requests: number;
  /** Transmissions over UDP that went to no store: in all the run, and of requests answered before the kill. */
  lost_in_switch: number;
  lost_in_switch_before_kill: number;
  /** See placement.ts; the first two must be 0. */
  requests_at_two_stores: number;
  objects_at_two_stores: number;
  objects_written: number;
  udp_operations: number;
  tcp_operations: number;
  /**
   * Calls sent again by clients, and those of them that met their own earlier execution. The latter are errors too
   * if no store was dead meanwhile.
   */
  retransmissions: number;
  recovered: number;
  /** Files written again because a store answered with another write verifier. The topology's stores share theirs. */
  rewrites: number;
  /** From the restart of the killed store to the first request it answered; null if it answered none. */
  return_ms: number | null;
  /** See forwarding.ts; altered must be 0. */
  frames_forwarded: number;
  frames_altered: number;
  frames_not_forwarded: number;
  stores: StoreResult[];
}

/** The part of the result that comes from captures. */
export type CaptureResult = Omit<
  DemoResult,
  | 'target'
  | 'operations'
  | 'errors'
  | 'checksum_mismatches'
  | 'udp_operations'
  | 'tcp_operations'
  | 'retransmissions'
  | 'recovered'
  | 'rewrites'
>;

export interface Analysis {
  result: CaptureResult;
  /** What must not be, in words: the first few altered frames and forbidden moves. */
  complaints: string[];
}

/** `has_gateway`: connections are terminated, see direct_frames.ts. */
export function analyse(
  captures: readonly LinkCapture[],
  addresses: Addresses,
  outage: Outage,
  has_gateway = false,
): Analysis {
  const direct = has_gateway ? captures.map((capture) => directFrames(capture, addresses.vip)) : captures;
  const internal = captures.filter(({ side }) => side === 'internal');
  const external = direct
    .filter(({ side }) => side === 'external')
    .flatMap((capture) => rpcExchanges(capture, addresses));
  const stores = new Map(internal.map((capture) => [capture.host, rpcExchanges(capture, addresses)]));
  const failover = measureFailover(outage, external, stores);
  const placement = measurePlacement(outage, stores);
  const forwarding = compareForwarding(direct, addresses);
  const allUp = (of: readonly RpcExchange[]): number =>
    of.filter(({ transmissions_ns: [first_ns] }) => first_ns !== undefined && first_ns < outage.killed_ns)
      .length;
  const total = [...stores.values()].reduce((sum, of) => sum + allUp(of), 0);
  const result: CaptureResult = {
    failover_ms: failover.failover_ms,
    failover_with_losses_ms: failover.failover_with_losses_ms,
    held_up_requests: failover.held_up_requests,
    lost_in_switch: failover.lost_in_switch,
    lost_in_switch_before_kill: failover.lost_in_switch_before_kill,
    requests_at_two_stores: placement.requests_at_two_stores,
    objects_at_two_stores: placement.objects_at_two_stores,
    objects_written: placement.objects_written,
    return_ms: returnTime_ms(outage, stores.get(outage.store) ?? []),
    frames_forwarded: forwarding.forwarded,
    frames_altered: forwarding.altered,
    frames_not_forwarded: forwarding.not_forwarded,
    stores: internal.map((capture) => {
      const of = stores.get(capture.host) ?? [];
      const times_us = of.flatMap(responseTime_us);
      return {
        name: capture.host,
        requests: of.length,
        gateway_requests: of.filter(({ client_port }) => isGatewayPort(client_port)).length,
        share_all_up: total === 0 ? 0 : Math.round((allUp(of) / total) * 1000) / 1000,
        tcp_connections: countConnections(capture, addresses),
        p50_us: percentile(times_us, 0.5) ?? null,
        p99_us: percentile(times_us, 0.99) ?? null,
      };
    }),
  };
  return {
    result,
    complaints: [...forwarding.alteredFrames.map((frame) => `altered frame ${frame}`), ...placement.moves],
  };
}

/** From the last transmission before the first reply: what the store took, not what the client waited. */
function responseTime_us({ transmissions_ns, replies_ns: [reply_ns] }: RpcExchange): number[] {
  if (reply_ns === undefined) return [];
  const sent_ns = transmissions_ns.filter((time_ns) => time_ns <= reply_ns).at(-1);
  return sent_ns === undefined ? [] : [Math.round(Number(reply_ns - sent_ns) / 1000)];
}

function returnTime_ms({ restarted_ns }: Outage, exchanges: readonly RpcExchange[]): number | null {
  const reply_ns = exchanges
    .flatMap((exchange) => exchange.replies_ns)
    .find((time_ns) => time_ns > restarted_ns);
  return reply_ns === undefined ? null : Math.round(Number(reply_ns - restarted_ns) / 1e6);
}

/** Connections that clients opened here: SYNs of distinct client ports. */
function countConnections({ packets }: LinkCapture, { vip }: Addresses): number {
  const connections = new Set<string>();
  for (const { data } of packets) {
    const frame = decodeFrame(data);
    if (frame?.ipv4?.destination !== vip || frame.tcp === undefined) continue;
    if ((frame.tcp.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) !== TCP_FLAG.syn) continue;
    connections.add(`${frame.ipv4.source}:${frame.tcp.sourcePort}:${frame.tcp.destinationPort}`);
  }
  return connections.size;
}
