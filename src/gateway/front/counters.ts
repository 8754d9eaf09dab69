/** What one front counts. Nothing a client does is lost without one of these going up. */
export const FRONT_COUNTERS = {
  udp_calls: 'well-formed calls over UDP',
  tcp_calls: 'well-formed calls over TCP',
  answers: 'replies handed to the kernel',
  udp_garbage: 'datagrams that are no call, or longer than any',
  tcp_garbage: 'connections closed for a record that is no call, or longer than any',
  rate_limited: 'datagrams and connections beyond the rate of their network',
  answers_withheld: 'answers to strangers over UDP that were too much larger than the call',
  answers_too_large: 'answers that no datagram, or no limit, has room for',
  dumps_refused: 'DUMP calls of those who may not ask',
  calls_refused: 'SET, UNSET, CALLIT, BCAST and INDIRECT calls',
  connections: 'TCP connections accepted',
  connections_refused: 'TCP connections beyond the limits, reset',
  connections_idle: 'TCP connections closed because no call came or was taken in time',
  connections_over_octets: 'TCP connections closed because they sent too much',
  forwarded: 'calls handed to stores',
  retransmissions: 'datagrams dropped while the same call is with a store',
  pending_full: 'calls dropped because too many are with stores',
  unanswered: 'calls that no store answered',
  forward_failures: 'calls that could not be handed to stores, or got a reply that is none',
  exports_unknown: 'EXPORT calls refused because no store has told its exports',
  mounts_forgotten: 'entries of the list of mounts that gave way to others',
  send_failures: 'datagrams the kernel did not take',
  socket_errors: 'errors of listening sockets',
} as const;

export type FrontCounter = keyof typeof FRONT_COUNTERS;

export class FrontCounters {
  readonly #values = Object.fromEntries(Object.keys(FRONT_COUNTERS).map((name) => [name, 0])) as Record<
    FrontCounter,
    number
  >;

  count(name: FrontCounter, events = 1): void {
    this.#values[name] += events;
  }

  /** A copy. */
  values(): Record<FrontCounter, number> {
    return { ...this.#values };
  }
}
