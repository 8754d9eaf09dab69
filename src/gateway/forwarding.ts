/** Single calls that somebody else than a connection makes in a client's name: a front's MOUNT calls. */
import { ipv4ToNumber } from '../wire/address';
import { CallHeader } from './call';
import type { ClientEndpoint, Forwarder, ForwardOptions } from './front/forwarder';
import type { Caller } from './request';
import type { Requests } from './requests';
import type { Service } from './service';

export class Forwarding implements Forwarder {
  private readonly header = new CallHeader();

  constructor(
    private readonly requests: Requests,
    private readonly service: Service,
    /** The same service of pools that the front may name. */
    private readonly services_of_pools: ReadonlyMap<string, Service>,
  ) {}

  call(
    { address, port }: ClientEndpoint,
    call_bytes: Uint8Array,
    { pool, signal }: ForwardOptions,
  ): Promise<Uint8Array | undefined> {
    const { buffer, byteOffset: start, length } = call_bytes;
    const view = new DataView(buffer);
    const { header, requests } = this;
    const service = (pool === undefined ? undefined : this.services_of_pools.get(pool)) ?? this.service;
    const is_call = header.read(view, start, start + length) === undefined;
    if (!is_call || requests.is_full || signal.aborted) return Promise.resolve(undefined);
    const client = requests.openClient(ipv4ToNumber(address));
    return new Promise((resolve) => {
      let reply: Uint8Array | undefined;
      let is_ended = false;
      const end = (has_calls: boolean) => {
        if (is_ended) return;
        is_ended = true;
        signal.removeEventListener('abort', abort);
        requests.closeClient(client, caller, has_calls);
        resolve(reply);
      };
      const abort = () => end(true);
      const caller: Caller = {
        answer(xid, bytes, bytes_view, from, to) {
          bytes_view.setUint32(from, xid);
          reply = bytes.slice(from, to);
        },
        callEnded: () => end(false),
      };
      signal.addEventListener('abort', abort, { once: true });
      requests.call(caller, client, port, service, header, call_bytes, view, start);
    });
  }
}
