/** The way to the stores for calls that only a store can answer. */
import type { Ipv4Address } from '../../wire/address';

export interface Client {
  address: Ipv4Address;
  port: number;
}

export interface Forwarder {
  /**
   * Sends a call of `client` through the data plane, as a datagram from the client's own address: so that the store's
   * access list sees the client. `call_bytes` is the RPC message as the client sent it, without record mark; nobody
   * changes it afterwards. `pool`: the pool that serves the export asked for, where the front knows it.
   *
   * Resolves with the reply, which has the xid of the call; undefined if no store answered.
   */
  call(client: Client, call_bytes: Uint8Array, pool?: string): Promise<Uint8Array | undefined>;
}
