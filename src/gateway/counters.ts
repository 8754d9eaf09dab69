/** What the gateway did and gave up, since its start. Plain fields: some are counted for every call. */
export interface GatewayCounters {
  connections_accepted: number;
  connections_closed: number;
  /** Why the gateway closed connections itself. */
  closed_too_many: number;
  closed_too_many_of_client: number;
  closed_not_ipv4: number;
  closed_garbage: number;
  closed_record_timeout: number;
  closed_partial_overflow: number;
  closed_idle: number;
  /** The client closed its direction, and no reply came for it in time. */
  closed_half_open: number;
  closed_unread: number;
  closed_unread_overflow: number;

  calls: number;
  replies: number;
  /** Calls that were answered here; each reason is one more counter of `status()`. */
  answered_here: number;
  /** Calls whose request was under way already: of another connection, and again on the same one. */
  calls_joined: number;
  calls_doubled: number;
  /** Calls that went out as the same request as before. */
  calls_repeated: number;
  writes_shortened: number;
  /** How often a connection was not read from because of a limit. */
  paused: number;

  requests: number;
  retransmissions: number;
  /** Requests of which no reply need come, given up after some transmissions. */
  one_way_ended: number;
  /** Requests whose connections ended before their reply came. */
  requests_orphaned: number;
  replies_unknown: number;
  replies_malformed: number;
}

export function gatewayCounters(): GatewayCounters {
  return {
    ...{ connections_accepted: 0, connections_closed: 0 },
    ...{
      closed_too_many: 0,
      closed_too_many_of_client: 0,
      closed_not_ipv4: 0,
      closed_garbage: 0,
      closed_record_timeout: 0,
    },
    ...{
      closed_partial_overflow: 0,
      closed_idle: 0,
      closed_half_open: 0,
      closed_unread: 0,
      closed_unread_overflow: 0,
    },
    ...{ calls: 0, replies: 0, answered_here: 0, calls_joined: 0, calls_doubled: 0, calls_repeated: 0 },
    ...{ writes_shortened: 0, paused: 0, requests: 0, retransmissions: 0, one_way_ended: 0 },
    ...{ requests_orphaned: 0, replies_unknown: 0, replies_malformed: 0 },
  };
}
