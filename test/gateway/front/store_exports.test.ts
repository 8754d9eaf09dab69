/** What our own calls to stores do when stores answer, refuse, lie or are silent: real sockets on the loopback. */
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import {
  DEFAULT_STORE_EXPORTS_OPTIONS,
  StoreExports,
  type ExportingStore,
} from '../../../src/gateway/front/store_exports';
import { encodeExportResults, type ExportEntry } from '../../../src/wire/mount';
import { encodeRecord, RecordSplitter } from '../../../src/wire/record_mark';
import { AUTH_NONE, decodeRpc, encodeRpc, type RpcOutcome } from '../../../src/wire/rpc';
import { systemClock } from '../../../src/controller/clock';
import { FakeClock } from '../../controller/fake_clock';

const LOOPBACK = '127.0.0.1';
const ENTRIES: ExportEntry[] = [{ directory: '/a', groups: ['10.0.0.0/8'] }];
const OPTIONS = { ...DEFAULT_STORE_EXPORTS_OPTIONS, timeout_ms: 6000 };

const closing: (() => void)[] = [];
const started: StoreExports[] = [];
afterEach(() => {
  started.splice(0).forEach((exports) => exports.stop());
  closing.splice(0).forEach((close) => close());
});

const good = (): RpcOutcome => ({ status: 'success', results: encodeExportResults(ENTRIES) });

function replyTo(call: Uint8Array, outcome: RpcOutcome): Uint8Array {
  const message = decodeRpc(call);
  if (message?.kind !== 'call') throw new Error('no call');
  return encodeRpc({ kind: 'reply', xid: message.xid, verifier: AUTH_NONE, outcome });
}

/** `answer`: the octets sent for a call. */
async function tcpStore(answer: (call: Uint8Array) => Uint8Array | undefined): Promise<ExportingStore> {
  const server: Server = createServer((socket) => {
    const splitter = new RecordSplitter({ record_octets_max: 4096, fragments_max: 9 });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      splitter.push(chunk, (record) => {
        const octets = answer(record);
        if (octets === undefined) socket.end();
        else socket.write(octets);
      });
    });
    closing.push(() => socket.destroy());
  }).listen(0, LOOPBACK);
  await once(server, 'listening');
  closing.push(() => server.close());
  return { name: 's', address: LOOPBACK, mount_port: (server.address() as AddressInfo).port };
}

/** `answer`: the datagrams sent for a call. */
async function udpStore(answer: (call: Uint8Array) => Uint8Array[]): Promise<ExportingStore> {
  const socket = createSocket('udp4');
  socket.on('message', (call, { port }) => answer(call).forEach((one) => socket.send(one, port, LOOPBACK)));
  await new Promise<void>((bound) => socket.bind(0, LOOPBACK, bound));
  closing.push(() => socket.close());
  return { name: 's', address: LOOPBACK, transport: 'udp', mount_port: socket.address().port };
}

async function ask(store: ExportingStore): Promise<StoreExports> {
  const exports = new StoreExports(OPTIONS, systemClock);
  started.push(exports);
  await exports.setStores([store]);
  return exports;
}

test('over TCP, also in fragments', async () => {
  const exports = await ask(await tcpStore((call) => encodeRecord(replyTo(call, good()), 7)));
  expect(exports.status()).toEqual([{ name: 's', exports: 1, error: undefined }]);
  expect(exports.lists()).toEqual(new Map([['s', ENTRIES]]));
});

test('over UDP, also when a datagram is lost and others are no reply', async () => {
  let received = 0;
  const store = await udpStore((call) => {
    received++;
    const noise = [
      new Uint8Array(3),
      replyTo(call, good()).map((octet, index) => (index === 0 ? octet ^ 1 : octet)),
    ];
    return received === 1 ? noise : [...noise, replyTo(call, good())];
  });
  expect((await ask(store)).lists()).toEqual(new Map([['s', ENTRIES]]));
  expect(received).toBe(2);
});

test.each<[string, (call: Uint8Array) => Uint8Array | undefined, string]>([
  ['closes the connection', () => undefined, 'closed without an answer'],
  ['is silent', () => new Uint8Array(0), 'no answer within 6000 ms'],
  ['answers something else', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n'), 'record_too_long'],
  ['has no such program', (call) => encodeRecord(replyTo(call, { status: 'prog_unavail' })), 'prog_unavail'],
  [
    'sends a list cut short',
    (call) => encodeRecord(replyTo(call, { status: 'success', results: new Uint8Array([0, 0, 0, 1]) })),
    'does not decode',
  ],
])('a store that %s is unknown, with the reason', async (_what, answer, error) => {
  const [status] = (await ask(await tcpStore(answer))).status();
  expect(status?.exports).toBeUndefined();
  expect(status?.error).toContain(error);
  expect(status?.error).toContain(LOOPBACK);
});

test.each(['tcp', 'udp'] as const)('a closed %s port is told from silence', async (transport) => {
  const store = transport === 'tcp' ? await tcpStore(() => undefined) : await udpStore(() => []);
  closing.splice(0).forEach((close) => close());
  const [status] = (await ask(store)).status();
  expect(status?.error).toContain('ECONNREFUSED');
});

test('what a removed store says late is not heard', async () => {
  let say = (_entries: ExportEntry[]): void => undefined;
  const clock = new FakeClock();
  const exports = new StoreExports(OPTIONS, clock, () => new Promise((resolve) => (say = resolve)));
  const asked = exports.setStores([{ name: 's', address: LOOPBACK }]);
  await exports.setStores([]);
  say(ENTRIES);
  await asked;
  expect(exports.lists()).toEqual(new Map());
  expect(clock.waiting).toBe(0);
});

test('a store that stays is not asked anew; one at another address is', async () => {
  const asked: string[] = [];
  const exports = new StoreExports(OPTIONS, new FakeClock(), async ({ address }) => {
    asked.push(address);
    return ENTRIES;
  });
  const stores = [{ name: 's', address: '10.0.0.1' }];
  await exports.setStores(stores);
  await exports.setStores([...stores, { name: 't', address: '10.0.0.2' }]);
  await exports.setStores([{ name: 's', address: '10.0.0.3' }]);
  expect(asked).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  expect([...exports.lists().keys()]).toEqual(['s']);
  exports.stop();
});
