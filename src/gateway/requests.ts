/**
 * Requests towards the stores: names them, sends them, sends them again until a reply comes or nobody waits any more, and gives
 * replies to who made the calls. A TCP client never repeats a call while its connection lives, so neither are
 * requests given up while it does; what is repeated less and less often goes on until a store answers.
 */
import type { Clock } from '../controller/clock';
import { NFS3_PROCEDURE } from '../wire/nfs3';
import type { CallHeader } from './call';
import type { GatewayCounters } from './counters';
import { Fingerprint } from './fingerprint';
import { Identities, type CallIdentity } from './identities';
import type { GatewayLimits } from './limits';
import { limitCall, limitFsinfo } from './nfs3_sizes';
import type { DatagramPath, ReceivedDatagram } from './path/datagram_path';
import { MALFORMED, NO_RESULTS, resultsOffset } from './reply';
import { Request, type Caller, type Client } from './request';
import { SendQueue } from './send_queue';
import { SendWindow } from './send_window';
import type { Service } from './service';
import { TimerWheel } from './timer_wheel';

/** Of a request that no reply need come for. */
const ONE_WAY_TRANSMISSIONS = 3;
/** What is kept of a request beyond its own octets, as a multiple, until it is copied out of what it came in. */
const COMPACT_BELOW = 0.5;

export class Requests {
  private readonly clients = new Map<number, Client>();
  /** Requests that wait for their service's window. */
  private readonly queues = new Map<Service, SendQueue<Request>>();
  private readonly identities: Identities;
  private readonly fingerprint = new Fingerprint();
  private readonly timers: TimerWheel<Request>;
  private call_count = 0;
  private octet_count = 0;
  /** Services whose windows may have room for requests that wait. */
  private readonly unblocked = new Set<Service>();
  /** Ends a turn, where what gave room back is of no turn of the path: a connection that closed. */
  private turn_end: NodeJS.Immediate | undefined;
  private is_stopped = false;

  constructor(
    private readonly path: DatagramPath,
    private readonly limits: GatewayLimits,
    private readonly clock: Clock,
    private readonly counters: GatewayCounters,
    /** After something ended that is not of a turn of the path: there may be room for calls. */
    private readonly settle: () => void,
  ) {
    this.identities = new Identities(limits);
    this.timers = new TimerWheel(clock, (request, now_ms) => this.timedOut(request, now_ms));
  }

  /** Whether no more calls should be read. */
  get is_full(): boolean {
    return this.call_count >= this.limits.calls_max || this.octet_count >= this.limits.octets_max;
  }

  /** A connection from this address begins. */
  openClient(address: number): Client {
    let client = this.clients.get(address);
    if (client === undefined) {
      client = { address, requests: new Map(), connections: 0 };
      this.clients.set(address, client);
    }
    client.connections++;
    return client;
  }

  /** A connection ends: what it alone waited for is given up. */
  closeClient(client: Client, caller: Caller, has_calls: boolean): void {
    if (has_calls) {
      for (const request of client.requests.values()) this.leave(request, caller);
    }
    client.connections--;
    if (client.connections === 0 && client.requests.size === 0) this.clients.delete(client.address);
  }

  /**
   * A call of `client_port`: its message is `view`'s octets `[start, end)`, of which the request is made in place.
   * How many octets of the call count for its caller until `callEnded`; undefined if the same call waits already.
   */
  call(
    caller: Caller,
    client: Client,
    client_port: number,
    service: Service,
    header: CallHeader,
    record: Uint8Array,
    view: DataView,
    start: number,
  ): number | undefined {
    const now_ms = this.clock.now_ms();
    let end = start + record.length;
    if (service.is_nfs) {
      const length = limitCall(view, header.procedure, start, header.arguments_at, end, this.limits);
      if (length < record.length) {
        this.counters.writes_shortened++;
        end = start + length;
      }
    }
    const { fingerprint, identities } = this;
    fingerprint.take(view, start, end);
    const traits = service.traits.of(header.version, header.procedure);
    const call: CallIdentity = {
      address: client.address,
      port: client_port,
      xid: header.xid,
      hash: fingerprint.hash,
      service: service.number,
      is_change: traits.is_change,
    };
    identities.choose(call, now_ms, client.requests);
    if (identities.is_repeat) {
      const same = client.requests.get(identities.xid | 0);
      if (same !== undefined && isSameCall(same, service, call)) {
        return this.join(same, caller, header.xid, end - start);
      }
      if (same === undefined) this.counters.calls_repeated++;
      else identities.chooseOther(call, now_ms, client.requests);
    }
    const { port, xid } = identities;
    view.setUint32(start, xid);
    const payload = end - start === record.length ? record : record.subarray(0, end - start);
    const sum = fingerprint.sum + (xid >>> 16) + (xid & 0xffff);
    // prettier-ignore
    const request = new Request(
      service, client, call, traits, header.procedure, port, xid, payload, sum, caller,
    );
    client.requests.set(xid | 0, request);
    this.counters.requests++;
    service.requests++;
    this.count(1, payload.length);
    const queue = this.queueOf(service);
    if (queue.is_empty && this.admit(request)) this.transmit(request, now_ms);
    else {
      this.compact(request);
      queue.push(request);
    }
    return payload.length;
  }

  /** What a store, or somebody else, sent. */
  received(datagram: ReceivedDatagram): void {
    const { source, source_port, destination, destination_port, buffer, view, start, end } = datagram;
    if (end - start < 4) {
      this.counters.replies_malformed++;
      return;
    }
    const request = this.clients.get(destination)?.requests.get(view.getInt32(start));
    if (
      request?.port !== destination_port ||
      request.service.address !== source ||
      request.service.port !== source_port ||
      request.transmissions === 0
    ) {
      this.counters.replies_unknown++;
      return;
    }
    const results = resultsOffset(view, start, end);
    const is_sound =
      results === NO_RESULTS || (results !== MALFORMED && this.limitReply(request, view, results, end));
    if (!is_sound) {
      // As if it had not come: the request is sent again when its time is over.
      this.counters.replies_malformed++;
      return;
    }
    this.answered(request);
    const { waiters } = request;
    const octets = request.payload.length;
    for (let i = 0; i < waiters.length; i++) {
      const waiter = waiters[i];
      if (waiter === undefined) break;
      this.counters.replies++;
      const is_last = i === waiters.length - 1;
      waiter.caller.answer(waiter.xid, buffer, view, start, end, datagram.is_owned && is_last);
      waiter.caller.callEnded(octets);
    }
    this.forget(request);
  }

  /** Sends what waited for what has ended: for replies that have come, or requests that nobody waits for any more. */
  turnEnded(): void {
    clearImmediate(this.turn_end);
    this.turn_end = undefined;
    if (this.is_stopped) return;
    for (const service of this.unblocked) this.sendWaiting(service);
    this.unblocked.clear();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.is_stopped = true;
    clearImmediate(this.turn_end);
    this.timers.stop();
  }

  /** How many requests of a service wait for its window. */
  waitingFor(service: Service): number {
    return this.queueOf(service).length;
  }

  status(): Record<string, unknown> {
    return {
      clients: this.clients.size,
      calls_under_way: this.call_count,
      octets_under_way: this.octet_count,
      remembered_evicted_early: this.identities.evicted_early,
    };
  }

  private queueOf(service: Service): SendQueue<Request> {
    let queue = this.queues.get(service);
    if (queue === undefined) {
      queue = new SendQueue();
      this.queues.set(service, queue);
    }
    return queue;
  }

  private join(request: Request, caller: Caller, xid: number, octets: number): number | undefined {
    if (request.waiters.some((waiter) => waiter.caller === caller && waiter.xid === xid)) {
      this.counters.calls_doubled++;
      return undefined;
    }
    this.counters.calls_joined++;
    request.waiters.push({ caller, xid });
    this.count(1, octets);
    return octets;
  }

  private limitReply(request: Request, view: DataView, results: number, end: number): boolean {
    if (!request.service.is_nfs || request.procedure !== NFS3_PROCEDURE.FSINFO) return true;
    return limitFsinfo(view, results, end, this.limits);
  }

  private admit(request: Request): boolean {
    const cost = SendWindow.cost(request.payload.length);
    if (!request.service.window.admit(cost)) return false;
    request.window_cost = cost;
    return true;
  }

  private transmit(request: Request, now_ms: number): void {
    const { service, client, traits } = request;
    request.transmissions++;
    if (request.transmissions === 1) request.sent_ms = now_ms;
    // prettier-ignore
    this.path.send(
      client.address, request.port, service.address, service.port, request.payload, request.payload_sum,
      service.pool_id,
    );
    const timeout_ms = service.round_trips[traits.pace].timeout_ms(request.transmissions);
    this.timers.set(request, now_ms, timeout_ms);
  }

  private timedOut(request: Request, now_ms: number): void {
    if (request.is_done) return;
    const { service, traits, call } = request;
    if (request.window_cost > 0) {
      const together_ms = service.round_trips[traits.pace].timeout_ms(1);
      service.window.lost(request.window_cost, now_ms, together_ms);
      request.window_cost = 0;
      this.unblock(service);
    }
    if (traits.is_one_way && request.transmissions >= ONE_WAY_TRANSMISSIONS) {
      this.counters.one_way_ended++;
      for (const { caller } of request.waiters) caller.callEnded(request.payload.length);
      this.forget(request);
    } else {
      service.round_trips[traits.pace].timedOut(request.transmissions);
      this.compact(request);
      this.identities.remember(call, request.port, request.xid, now_ms);
      this.counters.retransmissions++;
      service.retransmissions++;
      this.transmit(request, now_ms);
    }
    this.turnEnded();
    this.settle();
  }

  /** A request that waits for long must not keep the whole chunk that its call came in. */
  private compact(request: Request): void {
    if (request.is_compact) return;
    request.is_compact = true;
    const { payload } = request;
    if (payload.length < payload.buffer.byteLength * COMPACT_BELOW) {
      request.payload = Uint8Array.from(payload);
    }
  }

  private answered(request: Request): void {
    const { service, traits } = request;
    if (request.transmissions === 1) {
      service.round_trips[traits.pace].sample(this.clock.now_ms() - request.sent_ms);
    }
    if (request.window_cost > 0) {
      service.window.answered(request.window_cost);
      request.window_cost = 0;
      this.unblock(service);
    }
  }

  /** `caller` does not wait any more. */
  private leave(request: Request, caller: Caller): void {
    const { waiters } = request;
    for (let i = waiters.length - 1; i >= 0; i--) {
      if (waiters[i]?.caller !== caller) continue;
      if (waiters.length === 1) {
        this.counters.requests_orphaned++;
        this.forget(request);
        return;
      }
      waiters.splice(i, 1);
      this.count(-1, -request.payload.length);
    }
  }

  private forget(request: Request): void {
    const { client, service, waiters, payload } = request;
    request.is_done = true;
    this.timers.clear(request);
    if (request.window_cost > 0) {
      service.window.cancelled(request.window_cost);
      request.window_cost = 0;
      this.unblock(service);
    }
    if (request.transmissions === 0) {
      this.queueOf(service).entryEnded();
      // It may have been the one too large for what the window has left.
      this.unblock(service);
    }
    client.requests.delete(request.xid | 0);
    if (client.connections === 0 && client.requests.size === 0) this.clients.delete(client.address);
    this.count(-waiters.length, -waiters.length * payload.length);
  }

  private sendWaiting(service: Service): void {
    const now_ms = this.clock.now_ms();
    const waiting = this.queueOf(service);
    for (let next = waiting.peek(); next !== undefined && this.admit(next); next = waiting.peek()) {
      waiting.take();
      this.transmit(next, now_ms);
    }
  }

  private unblock(service: Service): void {
    if (!this.queueOf(service).is_empty) this.unblocked.add(service);
  }

  private count(calls: number, octets: number): void {
    this.call_count += calls;
    this.octet_count += octets;
    // Whatever gives room back comes by here.
    if (calls < 0) this.scheduleTurnEnd();
  }

  /** Unless the turn that this is part of ends before. */
  private scheduleTurnEnd(): void {
    if (this.is_stopped) return;
    this.turn_end ??= setImmediate(() => {
      this.turnEnded();
      this.settle();
    });
  }
}

function isSameCall(request: Request, service: Service, { xid, hash }: CallIdentity): boolean {
  return request.service === service && request.call.xid === xid && request.call.hash === hash;
}
