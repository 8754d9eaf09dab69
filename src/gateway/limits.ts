/** What the gateway takes at most, and how long it waits; each with a default and a counted outcome. */
import { UDP_PAYLOAD_OCTETS_MAX } from './path/frame_writer';

export interface GatewayLimits {
  /** Beyond, new connections are closed at once; those of one client address beyond CLIENT_CONNECTIONS_SHARE of it. */
  connections_max: number;
  /** Calls of one connection that wait for replies. Then nothing more is read from it. */
  connection_calls_max: number;
  /** Octets of those calls. */
  connection_octets_max: number;
  /** Both for all connections together. */
  calls_max: number;
  octets_max: number;
  /** The same of one client address: then none of its connections is read. */
  client_calls_max: number;
  client_octets_max: number;
  /** Replies that one client has not taken from its connection: then none of its calls is read. */
  connection_unread_octets_max: number;
  /** Of all clients together: then the one with most is closed. */
  unread_octets_max: number;
  /** A client that takes nothing of its replies for so long is closed. */
  unread_ms_max: number;
  /** One call. Longer than a datagram, so that a WRITE that is too long can be cut. */
  record_octets_max: number;
  record_fragments_max: number;
  /** From a call's first octet to its last. */
  record_ms_max: number;
  /** Of all connections: calls that came in part, or may not be read yet. Then the connection that adds to them is closed. */
  partial_octets_max: number;
  /** A connection without calls for so long is closed; 0: never. */
  idle_ms_max: number;
  /** What clients are told to read and write at most with one call (FSINFO), and held to. */
  read_octets_max: number;
  write_octets_max: number;
  /** Requests remembered, so that a repetition goes out as the same request, and for how long. */
  remembered_max: number;
  remembered_ms: number;
  /** Until a request is sent again: at first, and the bounds of what is learned (RFC 6298). */
  retransmit_ms_initial: number;
  retransmit_ms_min: number;
  retransmit_ms_max: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  connections_max: 16_384,
  connection_calls_max: 128,
  connection_octets_max: 4 * 1024 * 1024,
  calls_max: 8192,
  octets_max: 256 * 1024 * 1024,
  client_calls_max: 2048,
  client_octets_max: 64 * 1024 * 1024,
  connection_unread_octets_max: 1024 * 1024,
  unread_octets_max: 256 * 1024 * 1024,
  unread_ms_max: 60_000,
  record_octets_max: 1024 * 1024 + 4096,
  record_fragments_max: 1024,
  record_ms_max: 30_000,
  partial_octets_max: 256 * 1024 * 1024,
  idle_ms_max: 360_000,
  read_octets_max: 32_768,
  write_octets_max: 32_768,
  remembered_max: 262_144,
  remembered_ms: 120_000,
  retransmit_ms_initial: 1000,
  retransmit_ms_min: 100,
  retransmit_ms_max: 5000,
};

/** What one client address may have of all connections: it alone cannot keep everybody else out. */
export const CLIENT_CONNECTIONS_SHARE = 0.75;

/** What a READ's reply or a WRITE's call needs besides the data, credentials of the largest size included. */
const MESSAGE_OVERHEAD_OCTETS = 1400;
/** Blocks of file systems are no smaller, and XDR needs no padding. */
const DATA_MULTIPLE = 512;

/** The defaults with what differs; throws RangeError for values that cannot be. */
export function gatewayLimits(changes: Partial<GatewayLimits> = {}): GatewayLimits {
  const limits = { ...GATEWAY_LIMITS, ...changes };
  for (const [name, value] of Object.entries(limits) as [keyof GatewayLimits, number][]) {
    const least = name === 'idle_ms_max' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${name}: found ${value}, expected an integer of at least ${least}`);
    }
  }
  for (const name of ['read_octets_max', 'write_octets_max'] as const) {
    const value = limits[name];
    const most = UDP_PAYLOAD_OCTETS_MAX - MESSAGE_OVERHEAD_OCTETS;
    if (value % DATA_MULTIPLE !== 0 || value > most) {
      throw new RangeError(`${name}: found ${value}, expected a multiple of ${DATA_MULTIPLE} up to ${most}`);
    }
  }
  if (limits.retransmit_ms_min > limits.retransmit_ms_max) {
    throw new RangeError(
      `retransmit_ms_min: found ${limits.retransmit_ms_min}, expected at most retransmit_ms_max (${limits.retransmit_ms_max})`,
    );
  }
  return limits;
}
