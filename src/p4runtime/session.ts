/** The StreamChannel kept open: arbitration, and reconnection with back-off when it breaks. */
import { Code, type StreamMessageRequest, type StreamMessageResponse } from 'p4runtime-js';
import type { Arbitration, ArbitrationResult, ArbitrationState } from './arbitration';
import type { Backoff } from './backoff';
import type { Connection } from './connection';
import { ClosedError, ElectionIdInUseError, RpcError, UnreachableError, type P4RuntimeError } from './errors';
import { saysElectionIdInUse } from './quirks';
import type { StreamChannel } from './stream_channel';

export interface SessionHandlers {
  /** The target's answer changed. */
  onArbitration(result: ArbitrationResult): void;
  /** Any other message. */
  onMessage(message: StreamMessageResponse): void;
  /** An attempt failed or the stream broke; another attempt follows. */
  onDisconnected(error: P4RuntimeError): void;
}

/** `connecting` also between two attempts. */
export type SessionState = ArbitrationState | 'stopped' | 'connecting' | 'closed';

interface Waiter {
  resolve(state: ArbitrationState): void;
  reject(error: Error): void;
}

export class Session {
  #phase: 'stopped' | 'running' | 'closed' = 'stopped';
  #stream: StreamChannel | undefined;
  /** One timer at a time: the wait for an answer, or for the next attempt. */
  #timer: NodeJS.Timeout | undefined;
  /** Whoever waits for `start`; present until the first answer. */
  #starting: (Waiter & { keep_trying: boolean }) | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly arbitration: Arbitration,
    private readonly backoff: Backoff,
    private readonly answer_timeout_ms: number,
    private readonly handlers: SessionHandlers,
  ) {}

  get state(): SessionState {
    return this.#phase === 'running' ? (this.arbitration.state ?? 'connecting') : this.#phase;
  }

  /** Resolves with the first answer. Rejects with the first failure, unless `keep_trying`. */
  start(keep_trying: boolean): Promise<ArbitrationState> {
    if (this.#phase !== 'stopped') {
      return Promise.reject(new ClosedError(`${this.connection.name}: already ${this.#phase}`));
    }
    this.#phase = 'running';
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject, keep_trying };
      this.#open();
    });
  }

  /** Asks again with another election id, now and at every reconnection. */
  claim(election_id: bigint): void {
    this.arbitration.election_id = election_id;
    this.#stream?.send({ update: { $case: 'arbitration', value: this.arbitration.request() } });
  }

  /** Gives the connection up, for a reason the target does not know of, and connects anew. */
  reconnect(reason: string): void {
    if (this.#stream === undefined) return;
    this.#drop();
    this.connection.reopen();
    this.#ended(new UnreachableError('StreamChannel', this.connection.name, Code.UNAVAILABLE, reason));
  }

  /** False if the message was dropped: not connected, or too many wait to be sent. */
  send(message: StreamMessageRequest, queue_max?: number): boolean {
    return this.#stream?.send(message, queue_max) ?? false;
  }

  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#drop();
    this.#starting?.reject(new ClosedError(`${this.connection.name}: closed while connecting`));
    this.#starting = undefined;
  }

  #open(): void {
    this.#stream = this.connection.openStream({
      onMessage: (message) => {
        if (message.update?.$case === 'arbitration') this.#answered(message.update.value);
        else this.handlers.onMessage(message);
      },
      onEnd: (error) => this.#ended(error),
    });
    this.#timer = setTimeout(() => {
      const detail = `no answer to the arbitration within ${this.answer_timeout_ms} ms`;
      this.#ended(
        new UnreachableError('StreamChannel', this.connection.name, Code.DEADLINE_EXCEEDED, detail),
      );
    }, this.answer_timeout_ms);
    this.#stream.send({ update: { $case: 'arbitration', value: this.arbitration.request() } });
  }

  #answered(wire: Parameters<Arbitration['receive']>[0]): void {
    const result = this.arbitration.receive(wire);
    if (result === undefined) return;
    clearTimeout(this.#timer);
    this.backoff.reset();
    this.#starting?.resolve(result.state);
    this.#starting = undefined;
    if (result.changed) this.handlers.onArbitration(result);
  }

  #ended(error: P4RuntimeError): void {
    this.#drop();
    const reason = this.#explained(error);
    if (this.#starting !== undefined && !this.#starting.keep_trying) {
      this.#phase = 'stopped';
      this.#starting.reject(reason);
      this.#starting = undefined;
      return;
    }
    this.#timer = setTimeout(() => this.#open(), this.backoff.nextDelay_ms());
    this.handlers.onDisconnected(reason);
  }

  #explained(error: P4RuntimeError): P4RuntimeError {
    if (!(error instanceof RpcError) || error.code !== Code.INVALID_ARGUMENT) return error;
    if (!saysElectionIdInUse(error.detail)) return error;
    const { operation, target, code, detail } = error;
    return new ElectionIdInUseError(operation, target, code, detail, this.arbitration.election_id, {
      cause: error,
    });
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stream?.cancel();
    this.#stream = undefined;
    this.arbitration.reset();
  }
}
