/** The gateway between real TCP clients on this machine and stores that the test plays. */
import { once } from 'node:events';
import pino from 'pino';
import { Gateway, type GatewayLimits } from '../../src/gateway';
import { ipv4ToNumber } from '../../src/wire/address';
import { encodeRangeArgs, encodeWriteArgs } from '../../src/wire/nfs3';
import { encodeRecord, writeRecordMark } from '../../src/wire/record_mark';
import { encodeRpc, RPC_PROGRAM } from '../../src/wire/rpc';
import { XdrReader } from '../../src/wire/xdr';
import { FakeClock } from '../controller/fake_clock';
import { answerEach, callOf, echo, FakePath, replyTo, type Sent } from './fake_path';
import { CALL, StreamClient } from './stream_client';

const LOCALHOST = '127.0.0.1';
const OK = { status: 'success', results: Uint8Array.of(0, 0, 0, 0) } as const;

let gateway: Gateway;
let path: FakePath;
let clock: FakeClock;
let clients: StreamClient[];
let lines: Record<string, unknown>[];

async function start(limits: Partial<GatewayLimits> = {}): Promise<void> {
  path = new FakePath();
  clock = new FakeClock();
  clients = [];
  lines = [];
  const listeners = [{ address: LOCALHOST, port: 0, program: RPC_PROGRAM.nfs }];
  const logger = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  gateway = new Gateway({ listeners, path, clock, limits, logger });
  await gateway.start();
}

async function connect(local_port?: number, local_address?: string): Promise<StreamClient> {
  const client = await StreamClient.open(gateway.ports[0] ?? 0, local_port, local_address);
  clients.push(client);
  return client;
}

const PATIENCE_MS = 100_000;
jest.setTimeout(120_000);

/** Until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline)
      throw new Error(`never: ${String(holds)}; ${JSON.stringify(gateway.status())}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const sent = async (count: number): Promise<Sent[]> => {
  await until(() => path.sent.length >= count);
  return path.sent;
};

const answer = (to: Sent | undefined, outcome: Parameters<typeof replyTo>[1] = OK) => {
  if (to === undefined) throw new Error('nothing to answer');
  path.deliver(to, replyTo(to, outcome));
  path.turnEnded();
};

afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  await gateway.stop();
});

test('a call leaves as a request of the client’s own address, and its reply comes back under the client’s xid', async () => {
  await start();
  const client = await connect();
  client.call(0x01020304);
  const [request] = await sent(1);
  expect(request).toMatchObject({
    source: ipv4ToNumber(LOCALHOST),
    destination: ipv4ToNumber(LOCALHOST),
  });
  expect(request?.source_port).toBeGreaterThanOrEqual(64_512);
  if (request === undefined) return;
  const { xid, ...rest } = callOf(request);
  expect(xid).not.toBe(0x01020304);
  expect(rest).toEqual(CALL);
  answer(request);
  expect(await client.until(1)).toMatchObject([{ xid: 0x01020304, outcome: { status: 'success' } }]);
});

test('replies return in whatever order they come, of many calls in one segment too', async () => {
  await start();
  const client = await connect();
  const xids = Array.from({ length: 50 }, (_, i) => 1000 + i);
  client.write(
    Buffer.concat(
      xids.map((xid) =>
        encodeRecord(encodeRpc({ ...CALL, xid, args: Uint8Array.of(0, 0, 0, 4, 0, 0, 0, xid & 0xff) }), 30),
      ),
    ),
  );
  const requests = [...(await sent(50))];
  expect(new Set(requests.map((request) => callOf(request).xid)).size).toBe(50);
  for (const [i, request] of requests.reverse().entries()) {
    const results = callOf(request).args;
    path.deliver(request, replyTo(request, { status: 'success', results }), {}, i % 3 === 0);
  }
  path.turnEnded();
  const replies = await client.until(50);
  expect(replies.map(({ xid }) => xid)).toEqual([...xids].reverse());
  for (const { xid, outcome } of replies) {
    expect(outcome).toEqual({ status: 'success', results: Uint8Array.of(0, 0, 0, 4, 0, 0, 0, xid & 0xff) });
  }
});

test('what is not answered is sent again, the same octets, less and less often, until it is', async () => {
  await start({ retransmit_ms_initial: 100, retransmit_ms_max: 1000 });
  const client = await connect();
  client.call(5, { procedure: 12 });
  await sent(1);
  clock.advance(20_000);
  const copies = path.sent;
  expect(copies.length).toBeGreaterThan(15);
  expect(copies.length).toBeLessThan(30);
  for (const copy of copies) expect(copy).toEqual(copies[0]);
  answer(copies[0]);
  await client.until(1);
  clock.advance(20_000);
  expect(path.sent).toHaveLength(copies.length);
  expect(gateway.status()).toMatchObject({ calls_under_way: 0, octets_under_way: 0 });
  answer(copies[0]);
  expect(gateway.counters.replies_unknown).toBe(1);
});

test('a client that comes back and repeats its call joins the request under way', async () => {
  await start();
  const first = await connect();
  first.call(77, { procedure: 12 });
  await sent(1);
  const second = await connect();
  second.call(77, { procedure: 12 });
  await until(() => gateway.counters.calls_joined === 1);
  first.socket.resetAndDestroy();
  await until(() => gateway.counters.connections_closed === 1);
  answer(path.sent[0]);
  expect(await second.until(1)).toMatchObject([{ xid: 77 }]);
  expect(path.sent).toHaveLength(1);
});

test('a repetition of what was answered goes out under the same name', async () => {
  await start();
  const first = await connect();
  first.call(77, { procedure: 12 });
  answer((await sent(1))[0]);
  await first.until(1);
  first.socket.destroy();
  const second = await connect();
  second.call(77, { procedure: 12 });
  const [before, again] = await sent(2);
  expect(again).toEqual(before);
  expect(gateway.counters.calls_repeated).toBe(1);
  second.call(77, { procedure: 13 });
  const other = (await sent(3))[2];
  expect(other?.payload.subarray(0, 4)).not.toEqual(before?.payload.subarray(0, 4));
});

test('requests that nobody waits for any more are given up', async () => {
  await start();
  const client = await connect();
  client.call(1);
  client.call(2);
  await sent(2);
  client.socket.resetAndDestroy();
  await until(() => gateway.counters.requests_orphaned === 2);
  clock.advance(60_000);
  expect(path.sent).toHaveLength(2);
  expect(gateway.status()).toMatchObject({ clients: 0, calls_under_way: 0, octets_under_way: 0 });
});

test('replies of somebody else, with unknown xids or malformed, are dropped, and the request goes on', async () => {
  await start({ retransmit_ms_initial: 100 });
  const client = await connect();
  client.call(1);
  const [request] = await sent(1);
  if (request === undefined) return;
  const good = replyTo(request, OK);
  path.deliver(request, good, { destination: 1 });
  path.deliver(request, good, { destination_port: 1 });
  path.deliver(request, good, { source_port: 64_511 });
  path.deliver(request, Uint8Array.of(9, 9, 9, 9, 0, 0, 0, 1));
  expect(gateway.counters.replies_unknown).toBe(4);
  path.deliver(request, good.subarray(0, 2));
  path.deliver(request, good.subarray(0, 20));
  path.deliver(request, request.payload);
  expect(gateway.counters.replies_malformed).toBe(3);
  clock.advance(200);
  expect(path.sent).toHaveLength(2);
  answer(request);
  expect(await client.until(1)).toMatchObject([{ xid: 1 }]);
});

test('calls that no store is asked are answered here', async () => {
  await start();
  const client = await connect();
  client.call(1, { version: 4 });
  client.call(2, { program: 100227 });
  client.call(3, { credential: { flavor: 6, body: new Uint8Array(20) } });
  client.call(4, { credential: { flavor: 7, body: new Uint8Array(0) }, procedure: 0 });
  client.call(6, { procedure: 22 });
  client.call(7, { args: new Uint8Array(0) });
  const version3 = encodeRpc({ ...CALL, xid: 5 });
  version3[11] = 3;
  client.write(encodeRecord(version3));
  const replies = await client.until(7);
  expect(replies.map(({ xid, outcome }) => [xid, outcome.status])).toEqual([
    [1, 'prog_mismatch'],
    [2, 'prog_unavail'],
    [3, 'auth_error'],
    [4, 'auth_error'],
    [6, 'proc_unavail'],
    [7, 'garbage_args'],
    [5, 'rpc_mismatch'],
  ]);
  expect(path.sent).toHaveLength(0);
  expect(gateway.status()).toMatchObject({
    answered_here: {
      version_mismatch: 1,
      program_unavailable: 1,
      flavor_refused: 1,
      tls_refused: 1,
      rpc_mismatch: 1,
      procedure_unavailable: 1,
      garbage_arguments: 1,
    },
  });
});

test('READ, WRITE and FSINFO are held to what a datagram holds', async () => {
  await start({ read_octets_max: 4096, write_octets_max: 8192 });
  const client = await connect();
  const file = Uint8Array.of(1, 2, 3, 4);
  client.call(1, { procedure: 6, args: encodeRangeArgs(file, 0n, 1 << 20) });
  client.call(2, { procedure: 7, args: encodeWriteArgs(file, 0n, 0, new Uint8Array(500_000).fill(3)) });
  client.call(3, { procedure: 19 });
  const [read, write, fsinfo] = await sent(3);
  if (read === undefined || write === undefined || fsinfo === undefined) return;
  expect(callOf(read).args).toEqual(encodeRangeArgs(file, 0n, 4096));
  expect(callOf(write).args).toEqual(encodeWriteArgs(file, 0n, 0, new Uint8Array(8192).fill(3)));
  expect(gateway.counters.writes_shortened).toBe(1);
  const results = Buffer.alloc(56);
  for (const at of [8, 12, 20, 24, 32]) results.writeUInt32BE(1 << 20, at);
  answer(fsinfo, { status: 'success', results: results.subarray(0, 20) });
  expect(gateway.counters.replies_malformed).toBe(1);
  answer(fsinfo, { status: 'success', results });
  const [reply] = await client.until(1);
  const reader = new XdrReader(
    reply?.outcome.status === 'success' ? reply.outcome.results.subarray(8) : results,
  );
  expect(Array.from({ length: 7 }, () => reader.uint32())).toEqual([4096, 4096, 0, 8192, 8192, 0, 4096]);
});

const mark = (length: number, is_last: boolean): Uint8Array => {
  const bytes = new Uint8Array(4);
  writeRecordMark(bytes, 0, length, is_last);
  return bytes;
};

test.each<[string, Uint8Array]>([
  ['a record of 2 GiB', mark(0x7fffffff, true)],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['a record that is no call', encodeRecord(new Uint8Array(40).fill(1))],
  ['an empty record', mark(0, true)],
  ['fragments without end', Buffer.concat(Array.from({ length: 2000 }, () => mark(0, false)))],
])('%s: closed and counted', async (_, octets) => {
  await start();
  const client = await connect();
  client.write(octets);
  await client.closed();
  expect(gateway.counters).toMatchObject({ closed_garbage: 1, calls: 0, connections_closed: 1 });
});

test('half a record and silence: closed after its time', async () => {
  await start({ record_ms_max: 5000, idle_ms_max: 60_000 });
  const client = await connect();
  client.write(encodeRecord(encodeRpc({ ...CALL, xid: 1 })).subarray(0, 30));
  await until(() => (gateway.status().partial_octets as number) > 0);
  clock.advance(5000);
  expect(client.is_closed).toBe(false);
  clock.advance(2000);
  await client.closed();
  expect(gateway.counters.closed_record_timeout).toBe(1);
  expect(gateway.status()).toMatchObject({ partial_octets: 0, connections: 0 });
});

test('a stream whose segments end within records is none that ends within one', async () => {
  await start({ record_ms_max: 5000, idle_ms_max: 10_000 });
  echo(path);
  const client = await connect();
  const records = Array.from({ length: 20 }, (_, xid) => encodeRecord(encodeRpc({ ...CALL, xid })));
  let rest = new Uint8Array(0);
  for (const [xid, record] of records.entries()) {
    client.write(Buffer.concat([rest, record.subarray(0, 20)]));
    rest = record.slice(20);
    await client.until(xid);
    await until(() => (gateway.status().partial_octets as number) > 0);
    clock.advance(1000);
  }
  expect(client.is_closed).toBe(false);
  expect(gateway.counters).toMatchObject({ closed_record_timeout: 0, closed_idle: 0 });
});

test('a connection with calls now and then is not idle, whenever one looks', async () => {
  await start({ idle_ms_max: 10_000 });
  echo(path);
  const client = await connect();
  for (let xid = 1; xid <= 5; xid++) {
    client.call(xid);
    await client.until(xid);
    await until(() => gateway.status().calls_under_way === 0);
    clock.advance(7000);
  }
  expect(client.is_closed).toBe(false);
  clock.advance(7000);
  await client.closed();
});

test('what is answered here is written, also where nothing else comes', async () => {
  await start({ connection_calls_max: 1 });
  const client = await connect();
  const nfs4 = encodeRpc({ ...CALL, xid: 2, version: 4 });
  client.write(Buffer.concat([encodeRecord(encodeRpc({ ...CALL, xid: 1 })), encodeRecord(nfs4)]));
  client.socket.end();
  const [call] = await sent(1);
  answer(call);
  const replies = await client.until(2);
  expect(replies[1]?.outcome).toMatchObject({ status: 'prog_mismatch' });
});

test('idle connections are closed after their time, those that wait for a reply are not', async () => {
  await start({ idle_ms_max: 10_000 });
  const [idle, waiting] = [await connect(), await connect()];
  waiting.call(1);
  await sent(1);
  await until(() => gateway.counters.connections_accepted === 2);
  clock.advance(30_000);
  await idle.closed();
  expect(waiting.is_closed).toBe(false);
  expect(gateway.counters.closed_idle).toBe(1);
});

test('a client that pipelines 10,000 calls and never reads costs no more than its limits', async () => {
  const limits = {
    connection_calls_max: 64,
    connection_unread_octets_max: 256 * 1024,
    unread_ms_max: 30_000,
  };
  await start({ ...limits, read_octets_max: 32_768 });
  let answered = 0;
  path.onSend = (request) => {
    expect(gateway.status().calls_under_way).toBeLessThanOrEqual(64);
    setImmediate(() => {
      answered++;
      path.deliver(request, replyTo(request, { status: 'success', results: new Uint8Array(32_768) }));
      path.turnEnded();
    });
  };
  const client = await connect();
  client.socket.pause();
  for (let xid = 0; xid < 10_000; xid++) client.call(xid, { procedure: 6 });
  const unread = () => gateway.status().unread_octets as number;
  // The kernel's buffers take some, and more as they grow; then it stands still.
  let before = -1;
  while (answered !== before || unread() < 256 * 1024) {
    before = answered;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(answered).toBeLessThan(5000);
  expect(gateway.status().calls_under_way).toBe(0);
  // The limit, and the replies that were under way when it was reached.
  expect(unread()).toBeLessThanOrEqual(256 * 1024 + 64 * 33_000);
  // Another one is served meanwhile.
  const other = await connect();
  other.call(1);
  expect(await other.until(1)).toHaveLength(1);
  clock.advance(33_000);
  await until(() => gateway.counters.closed_unread === 1);
  expect(gateway.status()).toMatchObject({ unread_octets: 0, calls_under_way: 0 });
});

test('a client that reads slowly stays: what it has acknowledged counts, however large the kernel’s buffers', async () => {
  await start({ unread_ms_max: 70_000, connection_unread_octets_max: 256 * 1024 });
  answerEach(path, () => new Uint8Array(32_768));
  const client = await connect();
  client.socket.pause();
  for (let xid = 0; xid < 1000; xid++) client.call(xid);
  await until(() => gateway.counters.paused > 0);
  for (let step = 0; step < 10; step++) {
    // Half a MiB: more than the window must open before the client's kernel tells of it, and much less than what ours
    // wants free before it takes more.
    for (let left = 8; left > 0; left--) {
      const chunk = once(client.socket, 'data');
      client.socket.resume();
      await chunk;
      client.socket.pause();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(20_000);
    expect(gateway.counters.closed_unread).toBe(0);
  }
  expect(gateway.status().connections).toBe(1);
  clock.advance(73_000);
  await until(() => gateway.counters.closed_unread === 1);
});

test('closing clients that read nothing is logged with their address, not once for each', async () => {
  await start({ unread_ms_max: 5000, connection_unread_octets_max: 16 * 1024 });
  path.onSend = (request) => {
    path.deliver(request, replyTo(request, { status: 'success', results: new Uint8Array(60_000) }));
  };
  for (let i = 0; i < 3; i++) {
    const client = await connect();
    client.socket.pause();
    for (let xid = 0; xid < 500; xid++) client.call(xid);
  }
  await until(() => gateway.counters.paused === 3);
  const port = clients[0]?.socket.localPort;
  clock.advance(10_000);
  await until(() => gateway.counters.closed_unread === 3);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 40,
      client: LOCALHOST,
      port,
      msg: expect.stringMatching(/reads nothing/) as unknown,
    }),
  ]);
});

test('a client that reads late gets everything', async () => {
  await start({ connection_calls_max: 16, connection_unread_octets_max: 64 * 1024 });
  echo(path);
  const client = await connect();
  client.socket.pause();
  for (let xid = 0; xid < 400; xid++) client.call(xid, { args: new Uint8Array(4000) });
  await until(() => gateway.counters.paused > 0);
  client.socket.resume();
  const replies = await client.until(400);
  expect(new Set(replies.map(({ xid }) => xid)).size).toBe(400);
});

test('when all have too much unread the worst is closed', async () => {
  await start({ unread_octets_max: 1024 * 1024, connection_unread_octets_max: 16 * 1024 * 1024 });
  answerEach(path, () => new Uint8Array(60_000));
  const client = await connect();
  client.socket.pause();
  for (let xid = 0; xid < 2000; xid++) client.call(xid);
  await until(() => gateway.counters.closed_unread_overflow === 1);
  expect(gateway.status()).toMatchObject({ unread_octets: 0 });
});

test('a full gateway reads no more calls, and goes on when there is room', async () => {
  await start({ calls_max: 10 });
  const many = await Promise.all(Array.from({ length: 4 }, () => connect()));
  for (const [i, client] of many.entries()) {
    for (let xid = 0; xid < 8; xid++) client.call(100 * i + xid);
  }
  await until(() => gateway.counters.paused >= 2);
  expect(gateway.status()).toMatchObject({ calls_under_way: 10 });
  for (let next = 0; next < 32; next++) {
    await sent(next + 1);
    answer(path.sent[next]);
  }
  for (const client of many) expect(await client.until(8)).toHaveLength(8);
});

/** As large as four together fill the window that a service begins with. */
const largeWrite = (file: number) => ({
  procedure: 7,
  args: encodeWriteArgs(Uint8Array.of(1, 2, 3, file), 0n, 2, new Uint8Array(32_768)),
});

test('what the window held for a client that left goes to others that wait', async () => {
  await start();
  const [leaving, waiting] = [await connect(), await connect()];
  for (let i = 0; i < 3; i++) leaving.call(100 + i, largeWrite(i));
  await sent(3);
  waiting.call(7, largeWrite(9));
  await until(() => gateway.status().calls_under_way === 4);
  expect(path.sent).toHaveLength(3);
  leaving.socket.resetAndDestroy();
  answer((await sent(4))[3]);
  expect(await waiting.until(1)).toMatchObject([{ xid: 7 }]);
  const late = await connect();
  late.call(8);
  await sent(5);
});

test('one that left while it waited, too large for the window, holds up nobody', async () => {
  await start();
  const [first, leaving, small] = [await connect(), await connect(), await connect()];
  for (let i = 0; i < 3; i++) first.call(100 + i, largeWrite(i));
  await sent(3);
  leaving.call(7, largeWrite(9));
  await until(() => gateway.status().calls_under_way === 4);
  small.call(8);
  await until(() => gateway.status().calls_under_way === 5);
  expect(path.sent).toHaveLength(3);
  leaving.socket.resetAndDestroy();
  answer((await sent(4))[3]);
  expect(await small.until(1)).toMatchObject([{ xid: 8 }]);
});

test('nothing that waits is sent when the gateway stops', async () => {
  await start();
  const [first, second] = [await connect(), await connect()];
  for (let i = 0; i < 3; i++) first.call(100 + i, largeWrite(i));
  await sent(3);
  second.call(7, largeWrite(9));
  await until(() => gateway.status().calls_under_way === 4);
  await gateway.stop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(path.sent).toHaveLength(3);
});

test.each(['resets', 'closes its direction and is gone'])(
  'the room of a client that %s goes to a connection that waits for it',
  async (how) => {
    await start({ calls_max: 4 });
    const leaving = await connect();
    for (let i = 0; i < 4; i++) leaving.call(100 + i);
    await sent(4);
    const waiting = await connect();
    waiting.call(7);
    await until(() => gateway.counters.paused === 2);
    if (how === 'resets') leaving.socket.resetAndDestroy();
    else {
      leaving.socket.end();
      await until(() => {
        clock.advance(1000);
        return gateway.counters.closed_half_open === 1;
      });
    }
    await until(() => gateway.status().calls_under_way === 1);
    answer(path.sent.at(-1));
    expect(await waiting.until(1)).toMatchObject([{ xid: 7 }]);
  },
);

const ANOTHER = '127.0.0.2';

test('a client address has no more calls under way than its share, and goes on when it has room', async () => {
  await start({ client_calls_max: 4 });
  const [first, second] = [await connect(), await connect()];
  for (let xid = 0; xid < 6; xid++) first.call(xid);
  await sent(4);
  second.call(50);
  await until(() => gateway.counters.paused === 2);
  const other = await connect(undefined, ANOTHER);
  other.call(1);
  await sent(5);
  for (let next = 0; next < 8; next++) {
    await sent(next + 1);
    answer(path.sent[next]);
  }
  expect(await first.until(6)).toHaveLength(6);
  expect(await second.until(1)).toHaveLength(1);
  expect(await other.until(1)).toHaveLength(1);
});

test('the room of a connection that closes goes to others of its address', async () => {
  await start({ client_calls_max: 2 });
  const [leaving, waiting] = [await connect(), await connect()];
  leaving.call(1);
  leaving.call(2);
  await sent(2);
  waiting.call(3);
  await until(() => gateway.counters.paused === 2);
  leaving.socket.resetAndDestroy();
  answer((await sent(3))[2]);
  expect(await waiting.until(1)).toMatchObject([{ xid: 3 }]);
});

test('a crowd of calls of one address does not go before the first of another', async () => {
  await start();
  const [many, other] = [await connect(), await connect(undefined, ANOTHER)];
  for (let i = 0; i < 20; i++) many.call(100 + i, largeWrite(i));
  await until(() => gateway.status().calls_under_way === 20);
  other.call(7);
  await until(() => gateway.status().calls_under_way === 21);
  expect(path.sent).toHaveLength(3);
  for (let next = 0; next < 2; next++) answer(path.sent[next]);
  expect(path.sent.some(({ source }) => source === ipv4ToNumber(ANOTHER))).toBe(true);
});

test('one address has no more than three quarters of all connections', async () => {
  await start({ connections_max: 4 });
  for (let i = 0; i < 3; i++) await connect();
  await until(() => gateway.counters.connections_accepted === 3);
  await (await connect()).closed();
  expect(gateway.counters).toMatchObject({ closed_too_many_of_client: 1, closed_too_many: 0 });
  echo(path);
  const other = await connect(undefined, ANOTHER);
  other.call(1);
  expect(await other.until(1)).toHaveLength(1);
});

test('no more connections than allowed', async () => {
  await start({ connections_max: 2 });
  const [first] = [await connect(), await connect()];
  await until(() => gateway.counters.connections_accepted === 2);
  const third = await connect();
  await third.closed();
  expect(gateway.counters.closed_too_many).toBe(1);
  echo(path);
  first?.call(1);
  expect(await first?.until(1)).toHaveLength(1);
});

test('a client that closes its direction still gets its replies', async () => {
  await start();
  const client = await connect();
  client.call(1);
  client.socket.end();
  const [request] = await sent(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer(request);
  expect(await client.until(1)).toHaveLength(1);
  await client.closed();
  await until(() => gateway.status().connections === 0);
  expect(gateway.counters.closed_half_open).toBe(0);
});

test('one that closes its direction and gets no reply is closed: nobody may be there', async () => {
  await start();
  const client = await connect();
  client.call(1);
  client.socket.end();
  await sent(1);
  await until(() => {
    clock.advance(1000);
    return gateway.counters.closed_half_open === 1;
  });
  await client.closed();
  expect(gateway.counters.requests_orphaned).toBe(1);
});

test('a port that is taken is said', async () => {
  await start();
  const [port = 0] = gateway.ports;
  const second = new Gateway({
    listeners: [{ address: LOCALHOST, port, program: RPC_PROGRAM.nfs }],
    path: new FakePath(),
    logger: pino({ level: 'silent' }),
  });
  await expect(second.start()).rejects.toThrow(
    /^cannot listen at 127.0.0.1:\d+ \(tcp\): another program does \("ss -lntup" tells which\)$/,
  );
});

test('limits that cannot be are refused by name', () => {
  const make = (limits: Partial<GatewayLimits>) => () =>
    new Gateway({ listeners: [], path: new FakePath(), logger: pino({ level: 'silent' }), limits });
  expect(make({ read_octets_max: 65_536 })).toThrow(
    /read_octets_max: found 65536, expected a multiple of 512 up to/,
  );
  expect(make({ write_octets_max: 1000 })).toThrow(/write_octets_max: found 1000/);
  expect(make({ calls_max: 0 })).toThrow(/calls_max: found 0, expected an integer of at least 1/);
  expect(make({ retransmit_ms_min: 9000 })).toThrow(/at most retransmit_ms_max \(5000\)/);
});
