/**
 * ONC RPC over UDP to one server (RFC 5531): calls matched to replies by xid, sent again with the same xid from the
 * same socket until an answer comes, so that a server's duplicate cache knows them. How many are under way is bounded;
 * the others wait in order.
 */
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { decodeRpc, encodeRpc, AUTH_NONE, type RpcAuth, type RpcOutcome } from '../wire/rpc';
import type { Cancellation } from './cancellation';
import { CongestionWindow } from './congestion_window';
import { CancelledError, ChannelClosedError, NoReplyError, RpcRefusedError } from './errors';
import { Fifo } from './fifo';
import { RoundTripTimes, type RetransmissionTimes, type TimerClass } from './round_trip';

export interface ChannelOptions {
  /** IPv4 address of the server. */
  address: string;
  port: number;
  /** Send from a port below 1024, as many servers want; needs root. */
  reserved_port: boolean;
  /** Calls under way at once. */
  calls_max: number;
  times: RetransmissionTimes;
  /** Give up after so long without an answer; undefined: never. */
  give_up_ms: number | undefined;
  onEvent?: (event: ChannelEvent) => void;
}

export type ChannelEvent = { event: 'not_responding' | 'responding'; server: string };

export interface RpcRequest {
  program: number;
  version: number;
  procedure: number;
  credential: RpcAuth;
  args: Uint8Array;
  timer: TimerClass;
  /** How large the answer may be. */
  reply_bytes: number;
  /** Yields to calls that somebody waits for. */
  background?: boolean;
  cancellation?: Cancellation | undefined;
}

export interface RpcAnswer {
  results: Uint8Array;
  /** How often the call was sent before its answer came. */
  transmissions: number;
}

export interface ChannelCounters {
  calls: number;
  retransmissions: number;
  /** Datagrams that were no reply, or to no call under way. */
  stray_replies: number;
}

interface PendingCall {
  xid: number;
  message: Uint8Array;
  request: RpcRequest;
  /** With what the network and the kernel need beside the reply itself. */
  buffer_bytes: number;
  created_at_ms: number;
  first_sent_at_ms: number;
  sent_at_ms: number;
  due_at_ms: number;
  transmissions: number;
  resolve: (answer: RpcAnswer) => void;
  reject: (error: Error) => void;
  onCancel: () => void;
}

const TICK_MS = 20;
/** After so long without an answer, whoever watches is told. */
const NOT_RESPONDING_AFTER_MS = 3000;
const RECEIVE_BUFFER_BYTES = 4 << 20;
const SEND_BUFFER_BYTES = 2 << 20;
/** A datagram's fragments occupy about twice its bytes in the kernel. */
const BUFFER_FACTOR = 2;
const BUFFER_OVERHEAD_BYTES = 2048;
/** Ports that rpcbind and others of the system leave alone. */
const RESERVED_PORT_MIN = 665;
const RESERVED_PORT_MAX = 1023;
const BIND_ATTEMPTS = 64;

export class UdpChannel {
  readonly counters: ChannelCounters = { calls: 0, retransmissions: 0, stray_replies: 0 };
  private readonly under_way = new Map<number, PendingCall>();
  private readonly foreground = new Fifo<PendingCall>();
  private readonly background = new Fifo<PendingCall>();
  private readonly round_trips: RoundTripTimes;
  private readonly window: CongestionWindow;
  private next_xid = randomInt(2 ** 32);
  private background_turn = false;
  private ticker: NodeJS.Timeout | undefined;
  private responding = true;
  private closed = false;

  private constructor(
    private readonly socket: Socket,
    private readonly options: ChannelOptions,
  ) {
    this.round_trips = new RoundTripTimes(options.times);
    const reply_bytes_max = socket.getRecvBufferSize();
    this.window = new CongestionWindow({ calls_max: options.calls_max, reply_bytes_max });
    socket.on('message', (bytes) => this.receive(bytes));
    // A server that is starting refuses by ICMP: the call is sent again like one that was lost.
    socket.on('error', () => undefined);
  }

  /** Rejects where no socket can be had. */
  static async open(options: ChannelOptions): Promise<UdpChannel> {
    const socket = await connectedSocket(options);
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setSendBufferSize(SEND_BUFFER_BYTES);
    return new UdpChannel(socket, options);
  }

  /** Rejects with RpcRefusedError, NoReplyError, CancelledError or ChannelClosedError. */
  call(request: RpcRequest): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new ChannelClosedError());
      if (request.cancellation?.cancelled === true) return reject(new CancelledError());
      const now_ms = performance.now();
      const { program, version, procedure, credential, args } = request;
      const xid = this.next_xid;
      this.next_xid = (xid + 1) % 2 ** 32;
      const call: PendingCall = {
        xid,
        message: encodeRpc({
          ...{ kind: 'call', xid, program, version, procedure, credential, args },
          verifier: AUTH_NONE,
        }),
        request,
        buffer_bytes: request.reply_bytes * BUFFER_FACTOR + BUFFER_OVERHEAD_BYTES,
        created_at_ms: now_ms,
        first_sent_at_ms: now_ms,
        sent_at_ms: now_ms,
        due_at_ms: now_ms,
        transmissions: 0,
        resolve,
        reject,
        onCancel: () => this.abandon(call, new CancelledError()),
      };
      request.cancellation?.add(call.onCancel);
      this.counters.calls += 1;
      (request.background === true ? this.background : this.foreground).push(call);
      this.startWaiting();
    });
  }

  /** Rejects every call that is not answered yet. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.ticker);
    this.socket.close();
    for (const call of [...this.under_way.values(), ...this.foreground, ...this.background]) {
      call.request.cancellation?.remove(call.onCancel);
      call.reject(new ChannelClosedError());
    }
    this.under_way.clear();
  }

  private startWaiting(): void {
    for (;;) {
      const queue = this.nextQueue();
      const call = queue?.peek();
      if (queue === undefined || call === undefined || !this.window.mayStart(call.buffer_bytes)) return;
      queue.shift();
      this.background_turn = queue === this.foreground;
      this.window.started(call.buffer_bytes);
      this.under_way.set(call.xid, call);
      this.transmit(call);
    }
  }

  /** By turns where both wait, so that neither starves. */
  private nextQueue(): Fifo<PendingCall> | undefined {
    const queues = this.background_turn
      ? [this.background, this.foreground]
      : [this.foreground, this.background];
    return queues.find((queue) => queue.length > 0);
  }

  private transmit(call: PendingCall): void {
    call.transmissions += 1;
    call.sent_at_ms = performance.now();
    if (call.transmissions === 1) call.first_sent_at_ms = call.sent_at_ms;
    call.due_at_ms = call.sent_at_ms + this.round_trips.wait_ms(call.request.timer, call.transmissions);
    if (call.transmissions > 1) this.counters.retransmissions += 1;
    this.ticker ??= setInterval(() => setImmediate(() => this.tick()), TICK_MS);
    // What could not be sent counts as lost: it is sent again.
    this.socket.send(call.message, () => undefined);
  }

  /** Runs after what the socket held was read: an answer that waits there is no loss. */
  private tick(): void {
    const now_ms = performance.now();
    for (const call of this.under_way.values()) {
      if (call.due_at_ms > now_ms) continue;
      const { give_up_ms } = this.options;
      if (give_up_ms !== undefined && now_ms - call.created_at_ms > give_up_ms) {
        const { address, port } = this.options;
        this.abandon(call, new NoReplyError(`${address}:${port} does not answer`));
        continue;
      }
      this.window.lost(call.sent_at_ms, now_ms);
      this.round_trips.timedOut(call.request.timer, call.transmissions);
      if (now_ms - call.first_sent_at_ms > NOT_RESPONDING_AFTER_MS) this.report(false);
      this.transmit(call);
    }
    if (this.under_way.size === 0 && this.ticker !== undefined) {
      clearInterval(this.ticker);
      this.ticker = undefined;
    }
  }

  private receive(bytes: Uint8Array): void {
    const reply = decodeRpc(bytes);
    const call = reply?.kind === 'reply' ? this.under_way.get(reply.xid) : undefined;
    if (reply?.kind !== 'reply' || call === undefined) {
      this.counters.stray_replies += 1;
      return;
    }
    if (call.transmissions === 1) {
      this.round_trips.sample(call.request.timer, performance.now() - call.sent_at_ms);
      this.window.answered(performance.now());
    }
    this.report(true);
    this.end(call);
    const { outcome } = reply;
    if (outcome.status === 'success') {
      call.resolve({ results: outcome.results, transmissions: call.transmissions });
    } else {
      call.reject(refusal(outcome, this.options));
    }
    this.startWaiting();
  }

  private abandon(call: PendingCall, error: Error): void {
    const was_sent = this.under_way.has(call.xid);
    if (was_sent) this.end(call);
    else if (!this.foreground.remove(call) && !this.background.remove(call)) return;
    call.request.cancellation?.remove(call.onCancel);
    call.reject(error);
    if (was_sent) this.startWaiting();
  }

  private end(call: PendingCall): void {
    this.under_way.delete(call.xid);
    this.window.ended(call.buffer_bytes);
    call.request.cancellation?.remove(call.onCancel);
  }

  private report(responding: boolean): void {
    if (this.responding === responding) return;
    this.responding = responding;
    const { address, port, onEvent } = this.options;
    onEvent?.({ event: responding ? 'responding' : 'not_responding', server: `${address}:${port}` });
  }
}

function refusal(outcome: Exclude<RpcOutcome, { status: 'success' }>, server: ChannelOptions): Error {
  const detail =
    outcome.status === 'auth_error'
      ? ` (auth_stat ${outcome.authStatus})`
      : 'low' in outcome
        ? ` (it speaks versions ${outcome.low} to ${outcome.high})`
        : '';
  return new RpcRefusedError(
    outcome.status,
    `${server.address}:${server.port} refused the call: ${outcome.status}${detail}`,
  );
}

async function connectedSocket({ address, port, reserved_port }: ChannelOptions): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        const local = reserved_port ? randomInt(RESERVED_PORT_MIN, RESERVED_PORT_MAX + 1) : 0;
        socket.bind(local, () => {
          // With `connect`, only the server's datagrams arrive, and sending needs no look-up.
          socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
        });
      });
      socket.removeAllListeners('error');
      return socket;
    } catch (error) {
      socket.close();
      const in_use = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!in_use || !reserved_port || attempt === BIND_ATTEMPTS) throw error;
    }
  }
}
