/** A client's TCP connection, as a test drives it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeRecord, RecordSplitter } from '../../src/wire/record_mark';
import {
  AUTH_NONE,
  decodeRpc,
  encodeRpc,
  RPC_PROGRAM,
  type RpcCall,
  type RpcReply,
} from '../../src/wire/rpc';

export const CALL: Omit<RpcCall, 'xid'> = {
  kind: 'call',
  program: RPC_PROGRAM.nfs,
  version: 3,
  procedure: 1,
  credential: AUTH_NONE,
  verifier: AUTH_NONE,
  args: Uint8Array.of(0, 0, 0, 4, 1, 2, 3, 4),
};

export class StreamClient {
  readonly replies: RpcReply[] = [];
  is_closed = false;
  private readonly splitter = new RecordSplitter({ record_octets_max: 1 << 24, fragments_max: 1000 });
  private wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.splitter.push(chunk, (record) => {
        const reply = decodeRpc(Uint8Array.from(record));
        if (reply?.kind !== 'reply') throw new Error('not a reply');
        this.replies.push(reply);
      });
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.is_closed = true;
      this.wake();
    });
  }

  static async open(port: number, local_port?: number, local_address?: string): Promise<StreamClient> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ...(local_port && { localPort: local_port }),
      ...(local_address && { localAddress: local_address }),
    });
    await once(socket, 'connect');
    return new StreamClient(socket);
  }

  call(xid: number, changes: Partial<RpcCall> = {}): void {
    this.write(encodeRecord(encodeRpc({ ...CALL, xid, ...changes })));
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets);
  }

  /** Until there are so many replies, or the connection is closed. */
  async until(replies: number): Promise<RpcReply[]> {
    while (this.replies.length < replies && !this.is_closed) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.replies;
  }

  async closed(): Promise<void> {
    await this.until(Infinity);
  }
}
