/** Calls made in a client's name without a connection of it: what a front forwards. */
import pino from 'pino';
import { Gateway } from '../../src/gateway';
import { ipv4ToNumber } from '../../src/wire/address';
import { decodeRpc, encodeRpc, AUTH_NONE, RPC_PROGRAM } from '../../src/wire/rpc';
import { FakeClock } from '../controller/fake_clock';
import { FakePath, replyTo } from './fake_path';

const CLIENT = { address: '10.0.1.11', port: 700 };
const MNT = 1;
const OK = { status: 'success', results: Uint8Array.of(0, 0, 0, 0) } as const;

let path: FakePath;
let clock: FakeClock;
let gateway: Gateway;
let call: (xid: number, signal?: AbortSignal, pool?: string) => Promise<Uint8Array | undefined>;

beforeEach(async () => {
  path = new FakePath();
  clock = new FakeClock();
  gateway = new Gateway({ listeners: [], path, clock, logger: pino({ level: 'silent' }) });
  await gateway.start();
  const forwarder = gateway.forwarder(
    { address: '10.0.1.100', port: 20048, program: RPC_PROGRAM.mount },
    new Map([['archives', 7]]),
  );
  call = (xid, signal = new AbortController().signal, pool) =>
    forwarder.call(
      CLIENT,
      encodeRpc({
        kind: 'call',
        xid,
        program: RPC_PROGRAM.mount,
        version: 3,
        procedure: MNT,
        credential: AUTH_NONE,
        verifier: AUTH_NONE,
        args: new Uint8Array(8),
      }),
      { pool, signal },
    );
});
afterEach(() => gateway.stop());

const deliver = (index: number) => {
  const sent = path.sent[index];
  if (sent === undefined) throw new Error('nothing was sent');
  path.deliver(sent, replyTo(sent, OK));
  path.turnEnded();
};

test('a call leaves in the client’s name, from a port of its kind, and its reply has its xid', async () => {
  const reply = call(77);
  expect(path.sent[0]).toMatchObject({
    source: ipv4ToNumber(CLIENT.address),
    destination: ipv4ToNumber('10.0.1.100'),
    destination_port: 20048,
  });
  expect(path.sent[0]?.source_port).toBeLessThan(1024);
  deliver(0);
  const bytes = await reply;
  expect(bytes && decodeRpc(bytes)).toMatchObject({ kind: 'reply', xid: 77 });
  expect(gateway.status()).toMatchObject({ clients: 0, calls_under_way: 0, octets_under_way: 0 });
});

test('the same call twice is one request, and both are answered', async () => {
  const both = [call(78), call(78)];
  expect(path.sent).toHaveLength(1);
  deliver(0);
  const xids = (await Promise.all(both)).map((bytes) => bytes && decodeRpc(bytes)?.xid);
  expect(xids).toEqual([78, 78]);
});

test('who gives up leaves nothing behind', async () => {
  const gone = new AbortController();
  const reply = call(79, gone.signal);
  clock.advance(2000);
  expect(path.sent.length).toBeGreaterThan(1);
  gone.abort();
  expect(await reply).toBeUndefined();
  const count = path.sent.length;
  clock.advance(20_000);
  expect(path.sent).toHaveLength(count);
  expect(gateway.status()).toMatchObject({ clients: 0, calls_under_way: 0, octets_under_way: 0 });
  expect(await call(80, gone.signal)).toBeUndefined();
});

test('a call goes to the pool that the front names, unless the data plane finds it', async () => {
  const { signal } = new AbortController();
  const replies = [call(81, signal), call(82, signal, 'archives'), call(83, signal, 'all')];
  expect(path.sent.map(({ pool_id }) => pool_id)).toEqual([0, 7, 0]);
  replies.forEach((_, index) => deliver(index));
  expect(await Promise.all(replies)).not.toContain(undefined);
});
