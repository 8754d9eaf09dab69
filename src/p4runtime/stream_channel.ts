/**
 * The StreamChannel: one bidirectional gRPC call on a connection of its own, by Node's HTTP/2. @grpc/grpc-js hands one
 * message at a time to the network and waits for it, which bounds packet I/O to some thousand frames a second; here
 * all messages of a moment leave and arrive together (docs/decisions/0012).
 */
import {
  connect as connectHttp2,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2';
import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Metadata } from '@grpc/grpc-js';
import { Code, P4RuntimeService, type StreamMessageRequest, type StreamMessageResponse } from 'p4runtime-js';
import { ClosedError, UnreachableError, type P4RuntimeError } from './errors';
import { frameMessages, MessageReader } from './grpc_frames';
import { rpcError } from './rpc';
import { formatTarget, type Target } from './target';
import type { ClientTls } from './tls';

const METHOD = P4RuntimeService.streamChannel;
/** What the target may send before we have taken it: more than a thread that is kept waiting for a moment gets. */
const RECEIVE_WINDOW_BYTES = 1024 * 1024;
const KEEPALIVE_TIMEOUT_MS = 20_000;

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

export interface StreamChannelOptions {
  tls?: ClientTls | undefined;
  keepalive_ms?: number | undefined;
}

export interface StreamHandlers {
  onMessage(message: StreamMessageResponse): void;
  /** Called once, unless cancelled. */
  onEnd(error: P4RuntimeError): void;
}

export class StreamChannel {
  readonly #name: string;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #reader = new MessageReader();
  /** Encoded, and waiting for the write under way. */
  #queue: Uint8Array[] = [];
  /** Messages of the write under way. */
  #writing = 0;
  #over = false;

  /** Begins to connect; what is sent meanwhile waits. */
  constructor(
    target: Target,
    options: StreamChannelOptions,
    private readonly handlers: StreamHandlers,
  ) {
    this.#name = formatTarget(target);
    const scheme = options.tls === undefined ? 'http' : 'https';
    const authority = 'socket_path' in target ? 'localhost' : `${target.host}:${target.port}`;
    this.#session = connectHttp2(`${scheme}://${authority}`, {
      createConnection: () => openSocket(target, options.tls),
      settings: { enablePush: false, initialWindowSize: RECEIVE_WINDOW_BYTES },
    });
    this.#session.on('connect', () => this.#session.setLocalWindowSize(RECEIVE_WINDOW_BYTES));
    this.#session.on('error', (error: Error) => this.#unreachable(error.message));
    this.#stream = this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: METHOD.path,
      [constants.HTTP2_HEADER_TE]: 'trailers',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    });
    this.#stream.on('response', (headers, flags) => this.#responded(headers, flags));
    this.#stream.on('trailers', (headers: Headers) => this.#ended(headers));
    this.#stream.on('data', (piece: Buffer) => this.#receive(piece));
    // A stream that was waiting for the connection has its failure as the cause.
    this.#stream.on('error', ({ message, cause }: Error & { cause?: Partial<Error> }) =>
      this.#unreachable(cause?.message ?? message),
    );
    this.#stream.on('close', () => this.#unreachable('the connection was lost'));
    if (options.keepalive_ms !== undefined) this.#keepAlive(options.keepalive_ms);
  }

  /** False if the message was dropped, because `queue_max` messages wait to be sent. */
  send(message: StreamMessageRequest, queue_max = Infinity): boolean {
    const waiting = this.#writing + this.#queue.length;
    if (this.#over || waiting >= queue_max) return false;
    // Those of one turn of the event loop leave together.
    if (waiting === 0) queueMicrotask(() => this.#write());
    this.#queue.push(METHOD.requestSerialize(message));
    return true;
  }

  /** Ends it without calling `onEnd`. */
  cancel(): void {
    this.#over = true;
    this.#queue = [];
    this.#session.destroy();
  }

  #write(): void {
    if (this.#over || this.#queue.length === 0) return;
    const messages = this.#queue;
    this.#queue = [];
    this.#writing = messages.length;
    this.#stream.write(frameMessages(messages), () => {
      this.#writing = 0;
      this.#write();
    });
  }

  #receive(piece: Buffer): void {
    try {
      this.#reader.read(piece, (message) => {
        if (!this.#over) this.handlers.onMessage(METHOD.responseDeserialize(message));
      });
    } catch (error) {
      this.#fail(Code.INTERNAL, error instanceof Error ? error.message : String(error));
    }
  }

  #responded(headers: Headers, flags: number): void {
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) this.#ended(headers);
    else if (headers[':status'] !== constants.HTTP_STATUS_OK) this.#ended(headers);
  }

  #ended(headers: Headers): void {
    const code = headers['grpc-status'];
    if (code === undefined) {
      this.#unreachable(`HTTP status ${headers[':status'] ?? 'missing'}, no gRPC status`);
    } else if (Number(code) === 0) {
      this.#end(new ClosedError(`${this.#name}: the target closed the StreamChannel`));
    } else {
      this.#fail(Number(code), decodedText(String(headers['grpc-message'] ?? '')), headers);
    }
  }

  #fail(code: Code, details: string, headers: Headers = {}): void {
    const metadata = Metadata.fromHttp2Headers(headers);
    this.#end(rpcError('StreamChannel', this.#name, { code: Number(code), details, metadata }));
  }

  #unreachable(reason: string): void {
    this.#end(new UnreachableError('StreamChannel', this.#name, Code.UNAVAILABLE, reason));
  }

  #end(error: P4RuntimeError): void {
    if (this.#over) return;
    this.cancel();
    this.handlers.onEnd(error);
  }

  #keepAlive(interval_ms: number): void {
    let timeout: NodeJS.Timeout | undefined;
    const timer = setInterval(() => {
      if (this.#session.connecting || timeout !== undefined) return;
      timeout = setTimeout(() => this.#unreachable('no answer to a keepalive ping'), KEEPALIVE_TIMEOUT_MS);
      this.#session.ping(() => {
        clearTimeout(timeout);
        timeout = undefined;
      });
    }, interval_ms);
    this.#session.once('close', () => {
      clearInterval(timer);
      clearTimeout(timeout);
    });
  }
}

function openSocket(target: Target, tls: ClientTls | undefined): Socket {
  const where =
    'socket_path' in target
      ? { path: target.socket_path }
      : { host: target.host.replace(/^\[(.*)\]$/, '$1'), port: target.port };
  if (tls === undefined) return connectSocket({ ...where, noDelay: true });
  const name = 'host' in where ? where.host : 'localhost';
  return connectTls({
    ...where,
    ...(isIP(name) === 0 && { servername: name }),
    ca: tls.authorities,
    cert: tls.certificate,
    key: tls.key,
    ALPNProtocols: ['h2'],
  }).setNoDelay(true);
}

/** gRPC's messages are percent-encoded; some servers forget it. */
function decodedText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
