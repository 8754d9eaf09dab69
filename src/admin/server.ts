/** The controller's side of the admin socket. */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { AdminError } from './errors';
import { LineSplitter } from './lines';
import {
  ADMIN_VERSION,
  formatLine,
  parseRequest,
  requestId,
  REQUEST_BYTES_MAX,
  type AdminResponse,
} from './protocol';
import { clearSocketPath } from './socket_path';

/** Answers a request with what becomes JSON. An AdminError tells the client its code, any other error is `failed`. */
export type AdminMethod = (params: unknown) => unknown;

export type AdminMethods = Readonly<Record<string, AdminMethod>>;

export interface AdminServerOptions {
  /** More are told `busy` and closed. */
  connections_max?: number;
  /** The error code of an error that is no AdminError; undefined stands for `failed`. */
  codeOf?: (error: unknown) => AdminError['code'] | undefined;
}

const MODE_OWNER_ONLY = 0o600;

export class AdminServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly path: string,
    private readonly server: Server,
    private readonly methods: AdminMethods,
    private readonly options: AdminServerOptions,
  ) {}

  /** Listens at `path`, mode 0600; its folder is made if need be. Throws AdminError if a live process has it. */
  static async listen(
    path: string,
    methods: AdminMethods,
    options: AdminServerOptions = {},
  ): Promise<AdminServer> {
    await clearSocketPath(path);
    const server = createServer();
    const admin = new AdminServer(path, server, methods, options);
    server.on('connection', (socket) => admin.accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new AdminError('failed', `${path}: ${error.message}`, { cause: error })),
      );
      // The file is made inside listen(), so nobody finds it with a wider mode.
      const umask = process.umask(0o777 & ~MODE_OWNER_ONLY);
      try {
        server.listen(path, () => resolve());
      } finally {
        process.umask(umask);
      }
    });
    server.removeAllListeners('error');
    // A connection that could not be accepted (no file descriptor left): its client sees it end, and the next may do.
    server.on('error', () => undefined);
    chmodSync(path, MODE_OWNER_ONLY);
    return admin;
  }

  /** Ends every connection and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    // A client that went away: nothing is left to tell it.
    socket.on('error', () => socket.destroy());
    const connections_max = this.options.connections_max ?? 64;
    if (this.sockets.size > connections_max) {
      this.end(socket, null, new AdminError('busy', `more than ${connections_max} connections`));
      return;
    }
    this.serve(socket).catch(() => socket.destroy());
  }

  /** One request at a time, in order; meanwhile the socket's own buffer holds a client back. */
  private async serve(socket: Socket): Promise<void> {
    const lines = new LineSplitter(REQUEST_BYTES_MAX);
    for await (const chunk of socket) {
      let complete: string[];
      try {
        complete = lines.push(chunk as Buffer);
      } catch (error) {
        this.end(socket, null, error);
        return;
      }
      for (const line of complete) {
        const written = socket.write(formatLine(await this.answer(line)));
        if (!written) await drained(socket);
      }
    }
  }

  private async answer(line: string): Promise<AdminResponse> {
    try {
      const { id, method, params } = parseRequest(line);
      const handle = Object.hasOwn(this.methods, method) ? this.methods[method] : undefined;
      if (handle === undefined) throw new AdminError('unknown_method', `unknown method "${method}"`);
      return { version: ADMIN_VERSION, id, result: (await handle(params)) ?? null };
    } catch (error) {
      return this.failure(requestId(line), error);
    }
  }

  private failure(id: number | null, error: unknown): AdminResponse {
    const code = error instanceof AdminError ? error.code : (this.options.codeOf?.(error) ?? 'failed');
    const message = error instanceof Error ? error.message : String(error);
    return { version: ADMIN_VERSION, id, error: { code, message } };
  }

  private end(socket: Socket, id: number | null, error: unknown): void {
    socket.end(formatLine(this.failure(id, error)));
    socket.resume();
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
