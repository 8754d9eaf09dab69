/** The counter arrays of the P4 program and what their cells stand for. */
import { DROP, type DropReason } from './constants';

export const COUNTERS = {
  /** By reason. */
  drops: 'drop_counter',
  /** By service id. */
  service_requests: 'service_requests',
  service_retransmissions: 'service_retransmissions',
  /** By store id. */
  store_requests: 'store_requests',
  store_responses: 'store_responses',
  /** Each request once, and each that was answered. */
  store_new_requests: 'store_new_requests',
  store_answered: 'store_answered',
  unexpected_responses: 'unexpected_responses',
  /** By series and bucket: see `response_time_bucket.ts`. */
  response_time: 'response_time',
} as const;

export const DROP_REASONS = Object.keys(DROP) as readonly DropReason[];
