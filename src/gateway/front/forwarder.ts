/** The way to the stores for calls that only a store can answer. */
import type { Ipv4Address } from '../../wire/address';

export interface ClientEndpoint {
  address: Ipv4Address;
  port: number;
}

export interface ForwardOptions {
  /** The pool that serves the export asked for, where the front knows it; without it, that of the service. */
  pool: string | undefined;
  /** Aborts when nobody waits for the reply any more. */
  signal: AbortSignal;
}

export interface Forwarder {
  /**
   * Sends a call of `client` through the data plane, as a datagram from the client's own address: so that the store's
   * access list sees the client. `call_bytes` is the RPC message as the client sent it, without record mark; it is the
   * forwarder's from then on.
   *
   * Resolves with the reply, which has the xid of the call; undefined if no store answered.
   */
  call(
    client: ClientEndpoint,
    call_bytes: Uint8Array,
    options: ForwardOptions,
  ): Promise<Uint8Array | undefined>;
}
