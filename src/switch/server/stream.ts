import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type {
  DigestList,
  MasterArbitrationUpdate,
  StreamError,
  StreamMessageRequest,
  StreamMessageResponse,
} from 'p4runtime-js';
import type { Controller } from './arbitration';
import { RpcError, toRpcError } from './rpc_error';

/** Messages a slow client may be behind by; packet-ins, digests and notifications beyond are dropped. */
const BACKLOG_MAX = 4096;
/** The same in bytes of packet-ins. */
const BACKLOG_MAX_BYTES = 32 * 1024 * 1024;
/** A client that does not even take arbitration updates is sent away. */
const ARBITRATION_BACKLOG_MAX = 2 * BACKLOG_MAX;

/** What a controller's stream does for it. */
export interface StreamHandler {
  /** Throws RpcError to end the stream. */
  arbitrate(stream: ControllerStream, update: MasterArbitrationUpdate): void;
  /** Throws RpcError, reported as StreamError. */
  packetOut(stream: ControllerStream, packet: Extract<Update, { $case: 'packet' }>['value']): void;
  digestAck(stream: ControllerStream, ack: Extract<Update, { $case: 'digestAck' }>['value']): void;
  /** A message to it was dropped, because it did not keep up. */
  dropped(stream: ControllerStream): void;
  closed(stream: ControllerStream): void;
}

type Update = NonNullable<StreamMessageRequest['update']>;

/** One StreamChannel call. */
export class ControllerStream implements Controller {
  /** Messages dropped because the client did not keep up. */
  dropped = 0;
  private is_open = true;
  /** Packet-ins written and not yet taken by the transport. */
  private backlog_bytes = 0;

  constructor(
    private readonly call: ServerDuplexStream<StreamMessageRequest, StreamMessageResponse>,
    private readonly handler: StreamHandler,
  ) {
    call.on('data', (message: StreamMessageRequest) => this.receive(message));
    call.on('end', () => {
      this.close();
      call.end();
    });
    call.on('cancelled', () => this.close());
    call.on('error', () => this.close());
  }

  notify(update: MasterArbitrationUpdate): void {
    if (!this.is_open) return;
    if (this.call.writableLength < ARBITRATION_BACKLOG_MAX)
      this.call.write({ update: { $case: 'arbitration', value: update } });
    else this.terminate(new RpcError('RESOURCE_EXHAUSTED', 'the controller does not read its stream'));
  }

  /** Packet-ins, digests, idle notifications: may be lost. */
  send(update: NonNullable<StreamMessageResponse['update']>): void {
    if (!this.is_open) return;
    const bytes = update.$case === 'packet' ? update.value.payload.length : 0;
    if (
      this.call.writableLength >= BACKLOG_MAX ||
      (this.backlog_bytes > 0 && this.backlog_bytes + bytes > BACKLOG_MAX_BYTES)
    ) {
      this.dropped++;
      this.handler.dropped(this);
      return;
    }
    this.backlog_bytes += bytes;
    this.call.write({ update }, () => (this.backlog_bytes -= bytes));
  }

  sendDigest(list: DigestList): void {
    this.send({ $case: 'digest', value: list });
  }

  private receive({ update }: StreamMessageRequest): void {
    if (!this.is_open) return;
    switch (update?.$case) {
      case 'arbitration':
        try {
          this.handler.arbitrate(this, update.value);
        } catch (error) {
          this.terminate(toRpcError(error));
        }
        return;
      case 'packet':
        this.attempt(
          () => this.handler.packetOut(this, update.value),
          () => ({ $case: 'packetOut', value: { packetOut: update.value } }),
        );
        return;
      case 'digestAck':
        this.attempt(
          () => this.handler.digestAck(this, update.value),
          () => ({ $case: 'digestListAck', value: { digestListAck: update.value } }),
        );
        return;
      case 'other':
        this.sendError(status.UNIMPLEMENTED, 'stream messages of kind "other" are not supported', {
          $case: 'other',
          value: { other: update.value },
        });
        return;
      case undefined:
        this.sendError(status.INVALID_ARGUMENT, 'update is not set', {
          $case: 'other',
          value: { other: undefined },
        });
    }
  }

  private attempt(action: () => void, details: () => StreamError['details']): void {
    try {
      action();
    } catch (error) {
      const { code, message } = toRpcError(error);
      this.sendError(code, message, details());
    }
  }

  private sendError(canonicalCode: number, message: string, details: StreamError['details']): void {
    this.send({ $case: 'error', value: { canonicalCode, message, space: '', code: 0, details } });
  }

  private terminate(error: RpcError): void {
    this.close();
    this.call.emit('error', { code: error.code, details: error.message });
  }

  private close(): void {
    if (!this.is_open) return;
    this.is_open = false;
    this.handler.closed(this);
  }
}
