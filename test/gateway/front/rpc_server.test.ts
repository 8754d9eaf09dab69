/** Real sockets on the loopback: bounds of connections, and who gets which answer over UDP. */
import { createSocket } from 'node:dgram';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { FrontCounters, type FrontCounter } from '../../../src/gateway/front/counters';
import { DEFAULT_FRONT_LIMITS, type FrontLimits } from '../../../src/gateway/front/limits';
import { success, type Answer, type IncomingCall } from '../../../src/gateway/front/rpc_program';
import { RpcServer } from '../../../src/gateway/front/rpc_server';
import { DEFAULT_SOURCES_OPTIONS, Sources, type SourcesOptions } from '../../../src/gateway/front/sources';
import { encodeRecord, RecordSplitter } from '../../../src/wire/record_mark';
import { encodeRpc, type RpcReply } from '../../../src/wire/rpc';
import { FakeClock } from '../../controller/fake_clock';
import { decodeReply, rpcCall } from './calls';

const PROGRAM = 200_000;
const LOOPBACK = '127.0.0.1';
/** Procedures of the program under test. */
const DO = { echo: 0, grow: 1, hang: 2, silence: 3, hang_up: 4 };

interface Setting {
  port: number;
  server: RpcServer;
  counters: FrontCounters;
  /** Calls that were answered or are being. */
  calls: IncomingCall[];
}

const running: RpcServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function start(
  limits: Partial<FrontLimits> = {},
  options: Partial<SourcesOptions> = {},
): Promise<Setting> {
  const port = await freePort();
  const counters = new FrontCounters();
  const calls: IncomingCall[] = [];
  const answer = (incoming: IncomingCall): Answer | Promise<Answer> => {
    calls.push(incoming);
    const { procedure, args } = incoming.call;
    if (procedure === DO.echo) return success(args.slice());
    if (procedure === DO.grow) return success(new Uint8Array(Buffer.from(args).readUInt32BE(0)));
    if (procedure === DO.hang) return new Promise(() => undefined);
    return procedure === DO.hang_up ? 'hang_up' : undefined;
  };
  const server = new RpcServer({
    address: LOOPBACK,
    port,
    counters,
    program: { program: PROGRAM, versions: [2, 3], answer },
    sources: new Sources(
      { ...DEFAULT_SOURCES_OPTIONS, events_per_second_max: 10_000, ...options },
      new FakeClock(),
    ),
    limits: { ...DEFAULT_FRONT_LIMITS, ...limits },
  });
  running.push(server);
  await server.start();
  return { port, server, counters, calls };
}

function call(procedure: number, args?: Uint8Array, version = 3): { xid: number; bytes: Uint8Array } {
  const message = rpcCall(PROGRAM, version, procedure, args);
  return { xid: message.xid, bytes: encodeRpc(message) };
}

const word = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

class TcpClient {
  readonly replies: RpcReply[] = [];
  closed = false;
  private readonly splitter = new RecordSplitter({ record_octets_max: 1 << 24, fragments_max: 99 });

  constructor(readonly socket: Socket) {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => {
      this.splitter.push(chunk, (record) => this.replies.push(decodeReply(record)));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  /** Resolves also when the connection is reset at once. */
  static async connect(port: number): Promise<TcpClient> {
    const socket = createConnection({ port, host: LOOPBACK });
    const client = new TcpClient(socket);
    await new Promise((settled) => socket.once('connect', settled).once('close', settled));
    return client;
  }

  send(...messages: { bytes: Uint8Array }[]): void {
    this.socket.write(Buffer.concat(messages.map(({ bytes }) => encodeRecord(bytes))));
  }
}

/** Resolves when it holds; the test's own timeout ends the waiting. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((wake) => setTimeout(wake, 5));
}

const count = ({ counters }: Setting, name: FrontCounter): number => counters.values()[name];

describe('over TCP', () => {
  test('calls are answered in order, however they are cut', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    const calls = Array.from({ length: 50 }, (_, index) => call(DO.echo, word(index)));
    const stream = Buffer.concat(calls.map(({ bytes }) => encodeRecord(bytes, 17)));
    for (let at = 0; at < stream.length; at += 701) client.socket.write(stream.subarray(at, at + 701));
    await until(() => client.replies.length === 50);
    expect(client.replies.map(({ xid }) => xid)).toEqual(calls.map(({ xid }) => xid));
    expect(count(there, 'tcp_calls')).toBe(50);
    expect(count(there, 'answers')).toBe(50);
  });

  test('the program and version asked for must be there', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.echo, undefined, 4), { bytes: encodeRpc(rpcCall(PROGRAM + 1, 3, 0)) });
    await until(() => client.replies.length === 2);
    expect(client.replies.map(({ outcome }) => outcome)).toEqual([
      { status: 'prog_mismatch', low: 2, high: 3 },
      { status: 'prog_unavail' },
    ]);
  });

  test('a client that closed its side gets its answers', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.echo), call(DO.echo));
    client.socket.end();
    await until(() => client.closed);
    expect(client.replies.length).toBe(2);
    await until(() => there.server.open_connections === 0);
  });

  test.each<[string, Uint8Array]>([
    ['a record that is no call', encodeRecord(new Uint8Array(40))],
    ['a reply', encodeRecord(Buffer.from('0000000100000001' + '00'.repeat(16), 'hex'))],
    ['a record longer than any call', encodeRecord(new Uint8Array(5000))],
    ['the length of 2 GiB', Buffer.from('ffffffff', 'hex')],
    ['text', Buffer.from('GET / HTTP/1.0\r\n\r\n')],
    ['fragments without end', Buffer.from('00000000'.repeat(20), 'hex')],
  ])('%s ends the connection, after the answers to what came before', async (_what, garbage) => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.echo));
    await until(() => client.replies.length === 1);
    client.socket.write(garbage);
    await until(() => client.closed);
    expect(count(there, 'tcp_garbage')).toBe(1);
    await until(() => there.server.open_connections === 0);
  });

  test('silence, half a record and octets that trickle in end by the idle limit', async () => {
    const there = await start({ idle_ms: 150 });
    const silent = await TcpClient.connect(there.port);
    const half = await TcpClient.connect(there.port);
    half.socket.write(Buffer.from('80000028', 'hex'));
    const trickling = await TcpClient.connect(there.port);
    const timer = setInterval(() => trickling.socket.write(Buffer.from([0])), 20);
    await until(() => silent.closed && half.closed && trickling.closed);
    clearInterval(timer);
    expect(count(there, 'connections_idle')).toBe(3);
  });

  test('a client that pipelines calls and never reads is not read on, and ends', async () => {
    const there = await start({ idle_ms: 300 });
    const client = await TcpClient.connect(there.port);
    client.socket.pause();
    client.send(...Array.from({ length: 200 }, () => call(DO.grow, word(1_000_000))));
    await until(() => count(there, 'connections_idle') === 1);
    // What the kernel's buffers took, and one more.
    expect(there.calls.length).toBeLessThan(50);
    await until(() => there.server.open_connections === 0);
  });

  test('a connection may send so much in its life', async () => {
    const there = await start({ connection_octets_max: 1000 });
    const client = await TcpClient.connect(there.port);
    while (!client.closed) {
      client.send(call(DO.echo));
      await new Promise((wake) => setTimeout(wake, 5));
    }
    expect(count(there, 'connections_over_octets')).toBe(1);
    expect(there.calls.length).toBe(Math.floor(1000 / 44));
  });

  test('connections beyond the limits are reset, and others may come when they are gone', async () => {
    const there = await start({ connections_per_source_max: 2 });
    const [first, second] = [await TcpClient.connect(there.port), await TcpClient.connect(there.port)];
    const third = await TcpClient.connect(there.port);
    await until(() => third.closed);
    expect(count(there, 'connections_refused')).toBe(1);
    first.socket.destroy();
    await until(() => there.server.open_connections === 1);
    const fourth = await TcpClient.connect(there.port);
    fourth.send(call(DO.echo));
    await until(() => fourth.replies.length === 1);
    expect(second.closed).toBe(false);
  });

  test('connections are within the rate of their network', async () => {
    const there = await start({}, { events_per_second_max: 2 });
    const clients: TcpClient[] = [];
    for (let index = 0; index < 3; index++) clients.push(await TcpClient.connect(there.port));
    await until(() => clients[2]?.closed === true);
    expect(count(there, 'rate_limited')).toBe(1);
    expect(there.server.open_connections).toBe(2);
  });

  test('hang_up ends the connection', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.hang_up));
    await until(() => client.closed);
    expect(client.replies).toEqual([]);
  });

  test('stop closes connections whose calls are not answered yet', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.hang));
    await until(() => there.calls.length === 1);
    await there.server.stop();
    await until(() => client.closed);
  });
});

/** Sends datagrams one after another and then one that is always answered; resolves with the replies to the others. */
async function exchange(port: number, messages: Uint8Array[]): Promise<RpcReply[]> {
  const socket = createSocket('udp4');
  const last = call(DO.echo);
  const replies: RpcReply[] = [];
  const done = new Promise<void>((resolve) => {
    socket.on('message', (bytes) => {
      const reply = decodeReply(bytes);
      if (reply.xid === last.xid) resolve();
      else replies.push(reply);
    });
  });
  for (const message of [...messages, last.bytes])
    await new Promise((sent) => socket.send(message, port, LOOPBACK, sent));
  await done;
  socket.close();
  return replies;
}

describe('over UDP', () => {
  test('a stranger gets twice its call at most, a known or trusted source more', async () => {
    const there = await start();
    // A call of 44 octets: 88 fit, with 24 of the header.
    const fits = call(DO.grow, word(64));
    const grows = call(DO.grow, word(68));
    expect((await exchange(there.port, [fits.bytes, grows.bytes])).map(({ xid }) => xid)).toEqual([fits.xid]);
    expect(count(there, 'answers_withheld')).toBe(1);
    expect(there.calls.every(({ standing }) => standing === 'stranger')).toBe(true);
    const client = await TcpClient.connect(there.port);
    client.send(call(DO.echo));
    await until(() => client.replies.length === 1);
    expect((await exchange(there.port, [grows.bytes])).map(({ xid }) => xid)).toEqual([grows.xid]);
    expect(there.calls.at(-1)?.standing).toBe('known');
    const trusted = await start({}, { trusted: [{ address: '127.0.0.0', length: 8 }] });
    expect(await exchange(trusted.port, [grows.bytes])).toHaveLength(1);
    expect(trusted.calls.at(-1)?.standing).toBe('trusted');
  });

  test('a connection without a call makes nobody known', async () => {
    const there = await start();
    const client = await TcpClient.connect(there.port);
    client.socket.end('half');
    await until(() => client.closed);
    expect(await exchange(there.port, [call(DO.grow, word(68)).bytes])).toEqual([]);
  });

  test('nobody gets an answer that clients have no room for', async () => {
    const there = await start({}, { trusted: [{ address: '127.0.0.0', length: 8 }] });
    const largest = DEFAULT_FRONT_LIMITS.udp_answer_octets_max - 24;
    const messages = [largest, largest + 4].map((octets) => call(DO.grow, word(octets)).bytes);
    expect(await exchange(there.port, messages)).toHaveLength(1);
    expect(count(there, 'answers_too_large')).toBe(1);
  });

  test('garbage, replies and calls longer than any are not answered', async () => {
    const there = await start();
    const garbage = [
      new Uint8Array(0),
      new Uint8Array(40),
      Buffer.from('0000000100000001' + '00'.repeat(16), 'hex'),
      call(DO.echo, new Uint8Array(5000)).bytes,
      call(DO.echo).bytes.subarray(0, 36),
    ];
    expect(await exchange(there.port, garbage)).toEqual([]);
    expect(count(there, 'udp_garbage')).toBe(garbage.length);
  });

  test('silence and hang_up are no answer', async () => {
    const there = await start();
    expect(await exchange(there.port, [call(DO.silence).bytes, call(DO.hang_up).bytes])).toEqual([]);
    expect(count(there, 'answers')).toBe(1);
  });

  test('beyond its rate a network is not answered', async () => {
    const there = await start({}, { events_per_second_max: 3 });
    const socket = createSocket('udp4');
    for (let index = 0; index < 5; index++)
      await new Promise((sent) => socket.send(call(DO.echo).bytes, there.port, LOOPBACK, sent));
    await until(() => count(there, 'rate_limited') === 2);
    socket.close();
    expect(there.calls.length).toBe(3);
  });
});

test('a port that is taken is an error, and nothing stays open', async () => {
  const there = await start();
  const second = new RpcServer({
    address: LOOPBACK,
    port: there.port,
    program: { program: PROGRAM, versions: [3], answer: () => undefined },
    sources: new Sources(DEFAULT_SOURCES_OPTIONS, new FakeClock()),
    limits: DEFAULT_FRONT_LIMITS,
    counters: new FrontCounters(),
  });
  await expect(second.start()).rejects.toThrow('another program does');
  await second.stop();
});
