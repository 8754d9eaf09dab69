/** What becomes of the fragments that the switch shows the controller. */

/** Why a fragment was dropped. */
export const FRAGMENT_DROPS = [
  'fragments_dropped_unreadable',
  /** An empty fragment, one beyond what IP can carry, or a middle one that is no multiple of 8 octets. */
  'fragments_dropped_malformed',
  /** Its octets have been here before. */
  'fragments_dropped_repeated',
  /** Some of its octets have passed, others not. */
  'fragments_dropped_overlapping',
  /** It, or one after it, has other octets in a place, or another end: none of the request is sent any more. */
  'fragments_dropped_contradicting',
  /** The rest of a request that has been given up. */
  'fragments_dropped_given_up',
  /** No zeroth fragment came in time. */
  'fragments_dropped_no_zeroth',
  /** Others that had to go first did not come in time. */
  'fragments_dropped_unfinished',
  /** Another datagram with the same identification came. */
  'fragments_dropped_replaced',
  /** Beyond limits.fragmented_requests_max, fragments_max, and those per client, by a client that has most of all. */
  'fragments_dropped_requests_full',
  'fragments_dropped_client_requests_full',
  'fragments_dropped_full',
  'fragments_dropped_client_full',
  /** Waited, and gave way to a client that had less. */
  'fragments_dropped_evicted',
  /** Nobody knows where the store is. */
  'fragments_dropped_no_store',
  'fragments_dropped_send',
  /** The switch went away. */
  'fragments_dropped_held',
] as const;

export type FragmentDrop = (typeof FRAGMENT_DROPS)[number];

export const FRAGMENT_COUNTS = [
  'fragments_received',
  /** As they came. */
  'fragments_sent',
  /** In larger packets, of which there were so many. */
  'fragments_combined',
  'jumbo_packets_sent',
  'fragmented_requests_completed',
  'fragmented_requests_given_up',
  /** Forgotten in favour of a client that had fewer. */
  'fragmented_requests_evicted',
  /** The store had some of it, and the rest did not come in time. */
  'fragmented_requests_unfinished',
  ...FRAGMENT_DROPS,
] as const;
