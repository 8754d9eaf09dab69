/**
 * Joins sampled requests and responses into records. Either may be lost on its way here: only records are lost then.
 *
 * A call says what it asks for, so another call with the xid of one that waits is not taken for its retransmission. A
 * response has nothing but the xid (RFC 5531, section 9), and the store that the switch says it is of.
 */
import { IP_PROTOCOL } from '../../wire/ipv4';
import type { RpcCall, RpcReply } from '../../wire/rpc';
import type { Clock, Timer } from '../clock';
import { NO_ID } from '../ids';
import type { Network } from '../network';
import { Tally } from '../tally';
import { formatTime, nfsStatusOf, objectOf, procedureName, type PerformanceRecord } from './record';
import type { Sample } from './sample';

/** A sample with what the switch and the clocks say of it. */
export interface Sighting extends Sample {
  /** 0: none. */
  store_id: number;
  /** By the switch's clock. */
  switch_us: number;
  /** The same moment since 1970-01-01 UTC. */
  time_us: number;
}

export interface JoinerOptions {
  unanswered_ms: number;
  waiting_max: number;
}

interface Waiting {
  call: RpcCall;
  /** When it was first seen, by the controller's clock. */
  since_ms: number;
  switch_us: number;
  /** That its transmissions went to, as far as the switch said. */
  store_ids: Set<number>;
  record: PerformanceRecord;
}

type Outcome = 'records_answered' | 'records_unanswered' | 'records_given_up' | 'records_xid_reused';

/** Between looks for requests that have waited too long. */
const LOOK_MS = 1000;

export class Joiner {
  readonly counts = new Tally([
    'records_answered',
    'records_unanswered',
    'records_given_up',
    /** Its client used the xid for another request: no response is waited for any longer. */
    'records_xid_reused',
    'records_without_request',
    'records_of_no_service',
  ]);
  /** By client, service and xid, the longest waiting first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #services: ReadonlyMap<string, { virtual_store: string; service: string }>;
  readonly #stores: ReadonlyMap<number, string>;
  #timer: Timer | undefined;

  constructor(
    network: Network,
    private readonly clock: Clock,
    private readonly options: JoinerOptions,
    private readonly onRecord: (record: PerformanceRecord) => void,
  ) {
    this.#services = new Map(
      network.config.virtual_stores.flatMap((virtualStore) =>
        virtualStore.services
          .filter(({ protocol }) => IP_PROTOCOL[protocol] === IP_PROTOCOL.udp)
          .map(({ name, port }): [string, { virtual_store: string; service: string }] => [
            `${virtualStore.address} ${port}`,
            { virtual_store: virtualStore.name, service: name },
          ]),
      ),
    );
    this.#stores = new Map([...network.store_ids].map(([name, id]) => [id, name]));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  take(sighting: Sighting): void {
    const { message } = sighting;
    if (message.kind === 'call') this.#onCall(sighting, message);
    else this.#onReply(sighting, message);
  }

  /** No responses will come: what waits is recorded as unanswered. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const key of [...this.#waiting.keys()]) this.#finish(key, 'records_unanswered');
  }

  #onCall(sighting: Sighting, call: RpcCall): void {
    const { client, service, message_bytes, switch_us, time_us } = sighting;
    const names = this.#services.get(`${service.address} ${service.port}`);
    if (names === undefined) return this.counts.add('records_of_no_service');
    const key = keyOf(sighting);
    const object = objectOf(call);
    const before = this.#waiting.get(key);
    if (before !== undefined) {
      if (isSameRequest(before, call, object)) return this.#onRetransmission(before, sighting);
      this.#finish(key, 'records_xid_reused');
    }
    if (this.#waiting.size >= this.options.waiting_max) {
      const [oldest] = this.#waiting.keys();
      if (oldest !== undefined) this.#finish(oldest, 'records_given_up');
    }
    const store = this.#stores.get(sighting.store_id);
    const record: PerformanceRecord = {
      ...names,
      ...(store !== undefined && { store }),
      client: client.address,
      client_port: client.port,
      xid: call.xid,
      program: call.program,
      version: call.version,
      procedure: procedureName(call),
      ...(object !== undefined && { object }),
      request_time: formatTime(time_us),
      request_bytes: message_bytes,
      transmissions: 1,
    };
    const store_ids = new Set(sighting.store_id === NO_ID ? [] : [sighting.store_id]);
    this.#waiting.set(key, { call, since_ms: this.clock.now_ms(), switch_us, store_ids, record });
    this.#timer ??= this.clock.after(LOOK_MS, () => this.#look());
  }

  #onRetransmission({ store_ids, record }: Waiting, { store_id }: Sighting): void {
    const store = this.#stores.get(store_id);
    record.transmissions += 1;
    if (store_id !== NO_ID) store_ids.add(store_id);
    if (store !== undefined) record.store = store;
  }

  #onReply(sighting: Sighting, reply: RpcReply): void {
    const waiting = this.#waiting.get(keyOf(sighting));
    if (waiting === undefined || !mayAnswer(sighting, waiting)) {
      return this.counts.add('records_without_request');
    }
    const elapsed_us = sighting.switch_us - waiting.switch_us;
    const nfs_status = nfsStatusOf(waiting.call, reply);
    const store = this.#stores.get(sighting.store_id);
    Object.assign(waiting.record, {
      ...(store !== undefined && { store }),
      response_time: formatTime(sighting.time_us),
      elapsed_us,
      response_bytes: sighting.message_bytes,
      outcome: reply.outcome.status,
      ...(nfs_status !== undefined && { nfs_status }),
    } satisfies Partial<PerformanceRecord>);
    this.#finish(keyOf(sighting), 'records_answered');
  }

  #finish(key: string, as: Outcome): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.counts.add(as);
    this.onRecord(waiting.record);
  }

  #look(): void {
    this.#timer = undefined;
    const until_ms = this.clock.now_ms() - this.options.unanswered_ms;
    for (const [key, { since_ms }] of this.#waiting) {
      if (since_ms > until_ms) break;
      this.#finish(key, 'records_unanswered');
    }
    if (this.#waiting.size > 0) this.#timer = this.clock.after(LOOK_MS, () => this.#look());
  }
}

function isSameRequest({ call, record }: Waiting, other: RpcCall, object: string | undefined): boolean {
  return (
    call.program === other.program &&
    call.version === other.version &&
    call.procedure === other.procedure &&
    record.object === object
  );
}

/** Not if it is of a store that never got this request: then it answers one that had the xid before. */
function mayAnswer({ store_id }: Sighting, { store_ids }: Waiting): boolean {
  return store_id === NO_ID || store_ids.size === 0 || store_ids.has(store_id);
}

function keyOf({ client, service, message }: Sighting): string {
  return `${client.address} ${client.port} ${service.address} ${service.port} ${message.xid}`;
}
