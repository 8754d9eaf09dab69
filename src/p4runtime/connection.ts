/** The way to a target: a channel for unary calls and reads, and the StreamChannel. Does not reconnect: session.ts does. */
import { connectivityState } from '@grpc/grpc-js';
import {
  Code,
  P4RuntimeClient,
  type CapabilitiesResponse,
  type Entity,
  type ForwardingPipelineConfig,
  type GetForwardingPipelineConfigRequest,
  type ReadRequest,
  type SetForwardingPipelineConfigRequest,
  type WriteRequest,
} from 'p4runtime-js';
import { ClosedError, UnreachableError, type P4RuntimeError } from './errors';
import { isServiceError, rpcError, unary, type Cancellable } from './rpc';
import { StreamChannel, type StreamHandlers } from './stream_channel';
import { formatTarget, grpcAddress, type Target } from './target';
import { channelCredentials, type ClientTls } from './tls';

export interface ConnectionOptions {
  tls?: ClientTls | undefined;
  keepalive_ms?: number | undefined;
  /** Bounds of the channel's own back-off, which must not be slower than the client's. */
  reconnect_initial_ms: number;
  reconnect_max_ms: number;
}

export class Connection {
  readonly name: string;
  #stub: P4RuntimeClient;
  /** Closing a channel lets its calls go on, so close() ends them. */
  readonly #under_way = new Set<Cancellable>();
  #closed = false;

  constructor(
    private readonly target: Target,
    private readonly options: ConnectionOptions,
  ) {
    this.name = formatTarget(target);
    this.#stub = this.#createStub();
  }

  /** With a new channel, as the old one's socket may lead nowhere. Calls under way end. */
  reopen(): void {
    this.#endCalls();
    this.#stub.close();
    this.#stub = this.#createStub();
  }

  #createStub(): P4RuntimeClient {
    const { target, options } = this;
    return new P4RuntimeClient(grpcAddress(target), channelCredentials(options.tls), {
      // BMv2 answers a wildcard read with one message, however large.
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // So that close() closes the socket, and two clients of one process are two peers.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': options.reconnect_initial_ms,
      'grpc.max_reconnect_backoff_ms': options.reconnect_max_ms,
      ...(options.keepalive_ms !== undefined && { 'grpc.keepalive_time_ms': options.keepalive_ms }),
    });
  }

  /** Rejects with the ServiceError itself: its details tell of every update. */
  async write(request: WriteRequest, timeout_ms: number): Promise<void> {
    await unary(this.#stub.write.bind(this.#stub, request), timeout_ms, this.#under_way);
  }

  async capabilities(device_id: bigint, timeout_ms: number): Promise<CapabilitiesResponse> {
    const call = this.#stub.capabilities.bind(this.#stub, { deviceId: device_id });
    return this.#wrapped('Capabilities', unary(call, timeout_ms, this.#under_way));
  }

  async setPipeline(request: SetForwardingPipelineConfigRequest, timeout_ms: number): Promise<void> {
    const call = this.#stub.setForwardingPipelineConfig.bind(this.#stub, request);
    await this.#wrapped('SetForwardingPipelineConfig', unary(call, timeout_ms, this.#under_way));
  }

  async getPipeline(
    request: GetForwardingPipelineConfigRequest,
    timeout_ms: number,
  ): Promise<ForwardingPipelineConfig | undefined> {
    const call = this.#stub.getForwardingPipelineConfig.bind(this.#stub, request);
    return (await this.#wrapped('GetForwardingPipelineConfig', unary(call, timeout_ms, this.#under_way)))
      .config;
  }

  /** Entities as they arrive; leaving the loop early cancels the call. */
  async *read(request: ReadRequest, timeout_ms: number): AsyncGenerator<Entity, void, undefined> {
    const call = this.#stub.read(request, undefined, { deadline: Date.now() + timeout_ms });
    this.#under_way.add(call);
    // The iterator does not see an error that comes after it was left.
    call.on('error', () => {});
    try {
      for await (const response of call as AsyncIterable<{ entities: Entity[] }>) yield* response.entities;
    } catch (error) {
      throw this.explain('Read', error);
    } finally {
      this.#under_way.delete(call);
      call.cancel();
    }
  }

  openStream(handlers: StreamHandlers): StreamChannel {
    let answered = false;
    return new StreamChannel(this.target, this.options, {
      onEnd: (error) => handlers.onEnd(error),
      onMessage: (message) => {
        if (!answered) this.#leaveBackoff();
        answered = true;
        handlers.onMessage(message);
      },
    });
  }

  /** The target is there: calls must not fail because the channel's own next attempt is still to come. */
  #leaveBackoff(): void {
    if (this.#stub.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE) return;
    this.#stub.close();
    this.#stub = this.#createStub();
  }

  /** Ends every call under way. */
  close(): void {
    this.#closed = true;
    this.#endCalls();
    this.#stub.close();
  }

  #endCalls(): void {
    for (const call of this.#under_way) call.cancel();
  }

  async #wrapped<T>(operation: string, promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.explain(operation, error);
    }
  }

  /** The error a failed call stands for. */
  explain(operation: string, error: unknown): P4RuntimeError {
    if (this.#closed)
      return new ClosedError(`${this.name}: ${operation}: the client was closed`, { cause: error });
    if (isServiceError(error)) return rpcError(operation, this.name, error);
    return new UnreachableError(operation, this.name, Code.UNAVAILABLE, String(error), undefined, {
      cause: error,
    });
  }
}
