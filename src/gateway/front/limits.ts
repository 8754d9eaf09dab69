/** Bounds of one front. */
export interface FrontLimits {
  /** Of one call, header and arguments; the longest real one is a MNT of some 1900 octets. */
  call_octets_max: number;
  /** TCP connections at one time, in all and of one client address; more are reset. */
  connections_max: number;
  connections_per_source_max: number;
  /** A connection that sent more in its life is closed: no tool needs a hundredth of it. */
  connection_octets_max: number;
  /** A connection on which no call is completed, or no answer taken, for this time is closed. */
  idle_ms: number;
  /** Answers over UDP; what libtirpc's clients have room for. */
  udp_answer_octets_max: number;
  /** Octets that wait for the kernel to take them as datagrams. */
  udp_send_queue_octets_max: number;
  /** Calls that are with stores at one time. */
  pending_max: number;
  /** A call that a store has not answered by then is given up. */
  forward_ms: number;
  /** The results of EXPORT. */
  export_octets_max: number;
  /** The list of mounts, in all and of one client address. */
  mounts_max: number;
  mounts_per_host_max: number;
}

export const DEFAULT_FRONT_LIMITS: FrontLimits = {
  call_octets_max: 4096,
  connections_max: 1024,
  connections_per_source_max: 128,
  connection_octets_max: 1_048_576,
  idle_ms: 60_000,
  udp_answer_octets_max: 8800,
  udp_send_queue_octets_max: 1_048_576,
  pending_max: 1024,
  forward_ms: 30_000,
  export_octets_max: 1_048_576,
  mounts_max: 16_384,
  mounts_per_host_max: 256,
};
