/** What a run of the simulation counts. */
export interface AffinityCounts {
  requests: number;
  /** Of them, those that must not run twice at different stores. */
  changes: number;
  retransmissions: number;
  /** Of changes that a store has run which is still alive. */
  retransmissions_judged: number;
  /** Of those judged: see `Verdict`. */
  misplaced_non_idempotent: number;
  misplaced_across_views: number;
  /** Ran elsewhere, since the store that ran it first has died. */
  repeated_after_death: number;
  /** Given up after many transmissions. */
  unanswered: number;
  /** Requests and segments that the switch dropped, as nobody served. */
  dropped: number;
  store_events: number;
  /** TCP connections that a store has taken. */
  sessions: number;
  /** Segments of a connection whose store is alive. */
  segments_judged: number;
  misplaced_segments: number;
  misplaced_segments_across_views: number;
  /** Connections whose store has died. */
  sessions_of_dead_stores: number;
}

export function noCounts(): AffinityCounts {
  return {
    requests: 0,
    changes: 0,
    retransmissions: 0,
    retransmissions_judged: 0,
    misplaced_non_idempotent: 0,
    misplaced_across_views: 0,
    repeated_after_death: 0,
    unanswered: 0,
    dropped: 0,
    store_events: 0,
    sessions: 0,
    segments_judged: 0,
    misplaced_segments: 0,
    misplaced_segments_across_views: 0,
    sessions_of_dead_stores: 0,
  };
}
