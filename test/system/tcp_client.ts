/** Connections from a client's node that have asked something, been answered, and say nothing any more. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Topology } from '../../src/topology/topology';
import { AUTH_NONE, encodeRpc } from '../../src/wire/rpc';

/** Tells of each connection, a JSON line each, when it has been answered and how it ended. What it reads makes it ask again. */
const PROGRAM = `
const { connect } = require('node:net');
const [address, port, count, call] = process.argv.slice(1);
const tell = (event) => process.stdout.write(JSON.stringify(event) + '\\n');
const sockets = Array.from({ length: Number(count) }, (_, index) => {
  const socket = connect(Number(port), address);
  socket.setNoDelay();
  socket.on('connect', () => socket.write(Buffer.from(call, 'hex')));
  socket.on('data', () => tell({ index, event: 'answered' }));
  socket.on('error', ({ code }) => tell({ index, event: code }));
  socket.on('close', () => tell({ index, event: 'closed' }));
  return socket;
});
process.stdin.on('data', () => sockets.forEach((socket) => socket.writable && socket.write(Buffer.from(call, 'hex'))));
`;

export interface TcpEvent {
  index: number;
  event: string;
}

export class TcpClient {
  readonly events: TcpEvent[] = [];
  private readonly child: ChildProcess;

  constructor(
    topology: Topology,
    node: string,
    readonly connections: number,
  ) {
    const { vip } = topology.state;
    this.child = topology.spawn(
      node,
      [process.execPath, '-e', PROGRAM, vip, '2049', String(connections), nullCall().toString('hex')],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    if (this.child.stdout === null) throw new Error('no pipe');
    createInterface({ input: this.child.stdout }).on('line', (line) =>
      this.events.push(JSON.parse(line) as TcpEvent),
    );
  }

  count(event: string): number {
    return this.events.filter((one) => one.event === event).length;
  }

  /** Asks once more on each connection. */
  ask(): void {
    this.child.stdin?.write('\n');
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

/** NFSv3 NULL in a record of its own (RFC 5531, section 11). */
function nullCall(): Buffer {
  const message = encodeRpc({
    kind: 'call',
    xid: 1,
    program: 100003,
    version: 3,
    procedure: 0,
    credential: AUTH_NONE,
    verifier: AUTH_NONE,
    args: new Uint8Array(0),
  });
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE((0x80000000 | message.length) >>> 0);
  return Buffer.concat([mark, message]);
}
