import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ClientSocket } from '../../src/gateway/client_socket';

/** More than the kernel's buffers of a connection hold. */
const PIECES = 400;
const PIECE_OCTETS = 64 * 1024;

let server: Server;
const open: { destroy(): void }[] = [];

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  server.close();
});

async function connection(): Promise<{ client: Socket; taken: ClientSocket; heard: string[] }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const taken = ClientSocket.takeOver((await accepted)[0]);
  if (taken === undefined) throw new Error('not taken over');
  const heard: string[] = [];
  taken.attach({
    read: (chunk) => heard.push(Buffer.from(chunk).toString()),
    drained: () => heard.push('drained'),
    ended: () => heard.push('ended'),
    closed: () => heard.push('closed'),
  });
  open.push(client, taken);
  return { client, taken, heard };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((wake) => setTimeout(wake, 5));
  expect(condition()).toBe(true);
}

test('what the kernel does not take waits, and arrives in order', async () => {
  const { client, taken, heard } = await connection();
  const pieces = Array.from({ length: PIECES }, (_, i) => Buffer.alloc(PIECE_OCTETS, i));
  pieces.forEach((piece, i) => taken.write(piece, i % 3 === 0 && i < PIECES - 1));
  const octets = PIECES * PIECE_OCTETS;
  expect(taken.waiting_octets).toBeGreaterThan(0);
  expect(taken.dispatched_octets + taken.waiting_octets).toBe(octets);
  const received: Buffer[] = [];
  let length = 0;
  client.on('data', (chunk) => {
    received.push(chunk);
    length += chunk.length;
  });
  await until(() => length === octets && heard.includes('drained'));
  expect(Buffer.concat(received).equals(Buffer.concat(pieces))).toBe(true);
  expect(taken.waiting_octets).toBe(0);
  expect(taken.dispatched_octets).toBe(octets);
});

test('connections read into one buffer, and get their own octets', async () => {
  const [first, second] = [await connection(), await connection()];
  const kept: Uint8Array[] = [];
  const keep = { drained: () => undefined, ended: () => undefined, closed: () => undefined };
  for (const { taken } of [first, second]) taken.attach({ ...keep, read: (chunk) => kept.push(chunk) });
  first.client.write('from the first');
  second.client.write('from the other');
  await until(() => kept.length === 2);
  expect(kept.map((chunk) => Buffer.from(chunk).toString()).sort()).toEqual([
    'from the first',
    'from the other',
  ]);
});

test('a paused one reads on where it was', async () => {
  const { client, taken, heard } = await connection();
  taken.pause();
  client.write('one');
  await new Promise((wake) => setTimeout(wake, 50));
  expect(heard).toEqual([]);
  taken.resume();
  await until(() => heard.length === 1);
  expect(heard).toEqual(['one']);
});

test('each direction ends by itself', async () => {
  const { client, taken, heard } = await connection();
  client.end('last');
  await until(() => heard.includes('ended'));
  expect(heard).toEqual(['last', 'ended']);
  taken.write(Buffer.from('answer'), false);
  taken.end();
  const answer = (await once(client, 'data')) as [Buffer];
  expect(answer[0].toString()).toBe('answer');
  await until(() => heard.includes('closed'));
});

test('nothing is sent after the end, by whoever has the descriptor then', async () => {
  const { client, taken, heard } = await connection();
  client.resetAndDestroy();
  await until(() => heard.includes('closed'));
  const before = taken.dispatched_octets;
  taken.write(Buffer.from('late'), false);
  expect(taken.dispatched_octets).toBe(before);
});
