/** What a client can be told, with defaults. */
import { DEFAULT_BACKOFF, type BackoffOptions } from './backoff';
import { EncodingError } from './errors';
import type { P4Schema } from './p4info';
import type { ClientTls } from './tls';

export interface ClientOptions {
  /** The program's P4Info. Without it, `fetchP4Info()` asks the target for it. */
  p4info?: P4Schema;
  /** From 1 to 2^128-1; the highest connected is primary. */
  election_id?: bigint;
  /** Absent: the default role, which may do everything. */
  role?: string;
  /** Absent: no TLS. */
  tls?: ClientTls;
  /** Deadline of Write, Capabilities and cookie reads, and of the answer to an arbitration. */
  unary_timeout_ms?: number;
  /** Deadline of loading a program. */
  pipeline_timeout_ms?: number;
  /** Deadline of one Read, to its last entity. */
  read_timeout_ms?: number;
  /**
   * Updates in one Write. The errors of a batch return in a header, which gRPC limits to tens of kilobytes: so a
   * batch must not be much larger.
   */
  batch_updates_max?: number;
  /** Packet-outs not yet handed to the network; beyond it they are dropped and counted. */
  packet_out_queue_max?: number;
  reconnect?: Partial<BackoffOptions>;
  /** HTTP/2 pings on the connections. Most C++ servers refuse pings more often than every 5 minutes. */
  keepalive_ms?: number;
}

const DEFAULTS = {
  election_id: 1n,
  unary_timeout_ms: 10_000,
  pipeline_timeout_ms: 60_000,
  read_timeout_ms: 60_000,
  batch_updates_max: 128,
  packet_out_queue_max: 4_096,
};

export interface CompleteOptions
  extends Omit<ClientOptions, keyof typeof DEFAULTS | 'reconnect'>, Readonly<typeof DEFAULTS> {
  readonly reconnect: BackoffOptions;
}

/** Throws EncodingError for timeouts and limits that are not whole numbers above 0. */
export function completeOptions(options: ClientOptions): CompleteOptions {
  const complete = { ...DEFAULTS, ...options, reconnect: { ...DEFAULT_BACKOFF, ...options.reconnect } };
  const limits = [
    'unary_timeout_ms',
    'pipeline_timeout_ms',
    'read_timeout_ms',
    'batch_updates_max',
    'packet_out_queue_max',
  ] as const;
  for (const name of limits) {
    if (!Number.isSafeInteger(complete[name]) || complete[name] < 1) {
      throw new EncodingError('client options', name, `${complete[name]} is not a whole number above 0`);
    }
  }
  return complete;
}
