/** The command line's side of the admin socket. */
import { connect, type Socket } from 'node:net';
import { AdminError } from './errors';
import { LineSplitter } from './lines';
import { ADMIN_VERSION, formatLine, parseResponse, RESPONSE_BYTES_MAX, type AdminResponse } from './protocol';
import { checkSocketPath } from './socket_path';

export const DEFAULT_TIMEOUT_MS = 10_000;

/** Who listens at an admin socket, and what starts it. */
const SERVERS = {
  controller: 'storeswitch run CONFIG',
  gateway: 'storeswitch gateway run CONFIG',
} as const;

export interface AdminClientOptions {
  /** Whose socket it is, for messages. Default: the controller's. */
  server?: keyof typeof SERVERS;
  /** For connecting, and for each call. */
  timeout_ms?: number;
}

interface PendingCall {
  resolve: (result: unknown) => void;
  reject: (error: AdminError) => void;
  timer: NodeJS.Timeout;
}

/** A connection to a controller or a gateway. Everything it throws is an AdminError. */
export class AdminClient {
  private readonly pending = new Map<number, PendingCall>();
  private lastId = 0;
  private ended: AdminError | undefined;

  private constructor(
    readonly path: string,
    private readonly socket: Socket,
    private readonly timeout_ms: number,
    server: keyof typeof SERVERS,
  ) {
    const lines = new LineSplitter(RESPONSE_BYTES_MAX);
    socket.on('data', (chunk) => {
      try {
        for (const line of lines.push(chunk)) this.settle(parseResponse(line));
      } catch (error) {
        this.fail(error instanceof AdminError ? error : new AdminError('bad_response', String(error)));
      }
    });
    socket.on('error', (error) => this.fail(new AdminError('unreachable', `${path}: ${error.message}`)));
    socket.on('close', () =>
      this.fail(new AdminError('unreachable', `${path}: the ${server} closed the connection`)),
    );
  }

  /** Throws AdminError `unreachable` if nobody answers there. */
  static async connect(path: string, options: AdminClientOptions = {}): Promise<AdminClient> {
    checkSocketPath(path);
    const { timeout_ms = DEFAULT_TIMEOUT_MS, server = 'controller' } = options;
    const socket = connect(path);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new AdminError('unreachable', `${path}: no answer within ${timeout_ms} ms`));
      }, timeout_ms);
      const onError = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer);
        reject(new AdminError('unreachable', explainConnect(path, server, error), { cause: error }));
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', onError);
        resolve(new AdminClient(path, socket, timeout_ms, server));
      });
    });
  }

  /** The result, as it came out of the JSON. */
  call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(
          new AdminError('unreachable', `${this.path}: ${method}: no answer within ${this.timeout_ms} ms`),
        );
      }, this.timeout_ms);
      this.pending.set(id, { resolve, reject, timer });
      this.socket.write(formatLine({ version: ADMIN_VERSION, id, method, params }));
    });
  }

  close(): void {
    this.fail(new AdminError('failed', `${this.path}: closed`));
  }

  private settle(response: AdminResponse): void {
    // An error without an id is about the connection as a whole.
    if (response.id === null) {
      if ('error' in response) this.fail(new AdminError(response.error.code, response.error.message));
      return;
    }
    const call = this.pending.get(response.id);
    // Unknown: it came after its timeout.
    if (call === undefined) return;
    this.pending.delete(response.id);
    clearTimeout(call.timer);
    if ('error' in response) call.reject(new AdminError(response.error.code, response.error.message));
    else call.resolve(response.result);
  }

  private fail(error: AdminError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.socket.destroy();
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.pending.clear();
  }
}

/** One call on a connection of its own. */
export async function callAdmin(
  path: string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: AdminClientOptions = {},
): Promise<unknown> {
  const client = await AdminClient.connect(path, options);
  try {
    return await client.call(method, params);
  } finally {
    client.close();
  }
}

function explainConnect(path: string, server: keyof typeof SERVERS, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `no ${server} is running: there is no admin socket ${path} (start one with "${SERVERS[server]}", or name its socket with --socket)`;
    case 'ECONNREFUSED':
      return `no ${server} is running: the one that made ${path} has ended`;
    case 'EACCES':
    case 'EPERM':
      return `${path}: permission denied: run it as the user that runs the ${server} (root)`;
    case 'ENOTSOCK':
      return `${path}: is not a socket`;
    default:
      return `${path}: ${error.message}`;
  }
}
