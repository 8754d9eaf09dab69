/** What the switch has counted of requests and their response times until now: plain values that JSON carries. */

export interface LoadSnapshot {
  /** When `answered` was read, by a clock that never goes back. */
  at_ms: number;
  /** Those in mode `request`. */
  services: ServiceCounts[];
  stores: StoreCounts[];
  /** Responses to requests that the switch does not remember. */
  unexpected_responses: number;
  /** Those that have counted something. */
  series: SeriesCounts[];
}

export interface ServiceCounts {
  /** `virtual store/service`. */
  service: string;
  /** That arrived, also those that were dropped, or repeated. */
  requests: number;
  /** Of the requests, those the switch had seen before. */
  retransmissions: number;
}

export interface StoreCounts {
  store: string;
  /** Requests it was chosen for, also those repeated, and packets of its TCP connections. */
  sent: number;
  /** Requests sent to it for the first time, as many as when `answered` was read, and by how many that may be wrong. */
  new_requests: number;
  new_requests_error: number;
  /** Of those, the ones it has answered. */
  answered: number;
}

export interface SeriesCounts {
  service: string;
  procedure: string;
  store: string;
  /** Bucket of the histogram, and how many responses it counts; those with none are left out. */
  counts: [bucket: number, responses: number][];
}
