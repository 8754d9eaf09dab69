import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { Code, type StreamMessageRequest } from 'p4runtime-js';
import {
  Client,
  ClosedError,
  ElectionIdInUseError,
  EncodingError,
  NotPrimaryError,
  RpcError,
  UnreachableError,
  type ClientOptions,
} from '../../src/p4runtime';
import { Arbitration } from '../../src/p4runtime/arbitration';
import { schema } from './arbitrary';
import { answering, FakeTarget, verdict, type FakeStream } from './fake_target';

const reconnect = { initial_ms: 5, max_ms: 20 };
let fake: FakeTarget;
const clients: Client[] = [];

async function serve(streamChannel: (stream: FakeStream) => void): Promise<void> {
  fake = new FakeTarget({ streamChannel });
  await fake.start();
}

function connect(options: ClientOptions = {}): Client {
  const client = new Client(fake.target, { p4info: schema, reconnect, ...options });
  clients.push(client);
  return client;
}

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  fake.stop();
});

test('nothing there: start says so', async () => {
  await serve(answering(Code.OK));
  const client = connect({ unary_timeout_ms: 2_000 });
  fake.stop();
  const error = await client.start().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnreachableError);
  expect(error).toMatchObject({
    message: expect.stringMatching(
      /^grpc:.*: StreamChannel: UNAVAILABLE: connect ECONNREFUSED [\d.:]+$/,
    ) as string,
  });
  expect(client.state).toBe('stopped');
});

test('nothing there yet: start waits when told to', async () => {
  await serve(answering(Code.OK));
  fake.stop();
  const client = connect();
  const failed = once(client, 'disconnected');
  const started = client.start({ keep_trying: true });
  await failed;
  await fake.start();
  await expect(started).resolves.toBe('primary');
});

test('a target that never answers the arbitration is unreachable', async () => {
  await serve(() => {});
  const client = connect({ unary_timeout_ms: 50 });
  await expect(client.start()).rejects.toThrow(/no answer to the arbitration within 50 ms/);
});

test('the stream breaks: the client reconnects and is primary again', async () => {
  await serve(answering(Code.OK));
  const client = connect();
  await client.start();
  for (let i = 0; i < 2; i += 1) {
    const lost = once(client, 'disconnected');
    const back = once(client, 'primary');
    fake.stop();
    expect((await lost)[0]).toBeInstanceOf(UnreachableError);
    expect(client.state).toBe('connecting');
    await expect(
      client.write([{ type: 'delete', entity: { multicast_group: 1, replicas: [] } }]),
    ).rejects.toThrow(UnreachableError);
    await fake.start();
    await back;
    expect(client.state).toBe('primary');
  }
});

test('a stream the target ends without error is opened again', async () => {
  let streams = 0;
  await serve((stream) => {
    streams += 1;
    answering(Code.OK)(stream);
    if (streams === 1) stream.once('data', () => setImmediate(() => stream.end()));
  });
  const client = connect();
  const reasons: Error[] = [];
  client.on('disconnected', (error) => reasons.push(error));
  await client.start();
  await once(client, 'primary');
  expect(reasons).toEqual([expect.any(ClosedError)]);
  expect(streams).toBe(2);
});

test('an election id in use is told with what to do; another refusal with its own words', async () => {
  await serve((stream) => {
    stream.once('data', () =>
      stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'Election id already exists' }),
    );
  });
  const error = await connect({ election_id: 7n })
    .start()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ElectionIdInUseError);
  expect(error).toMatchObject({
    election_id: 7n,
    message: expect.stringMatching(/another controller is connected with election id 7/) as string,
  });
  fake.stop();
  await serve((stream) => {
    stream.once('data', () => stream.emit('error', { code: status.NOT_FOUND, details: 'no device 1' }));
  });
  await expect(connect().start()).rejects.toThrow(/StreamChannel: NOT_FOUND: no device 1/);
  await expect(connect().start()).rejects.toThrow(RpcError);
});

test('backup, no primary, claim, primary', async () => {
  const asked: bigint[] = [];
  await serve((stream) => {
    stream.on('data', ({ update }: StreamMessageRequest) => {
      if (update?.$case !== 'arbitration') return;
      const election_id = update.value.electionId?.low ?? 0n;
      asked.push(election_id);
      if (election_id === 9n) {
        stream.write(verdict(Code.OK, 9n));
      } else {
        stream.write(verdict(Code.ALREADY_EXISTS, 9n));
        stream.write(verdict(Code.ALREADY_EXISTS, 9n));
        stream.write(verdict(Code.NOT_FOUND, 9n));
      }
    });
  });
  const client = connect({ election_id: 4n });
  const events: unknown[] = [];
  client.on('backup', (event) => events.push(['backup', event]));
  client.on('no_primary', (event) => events.push(['no_primary', event]));
  client.on('primary', () => events.push(['primary']));
  const vacant = once(client, 'no_primary');
  await expect(client.start()).resolves.toBe('backup');
  await vacant;
  expect(() =>
    client.packetOut({ payload: Buffer.alloc(1), metadata: { egress_port: 0n, submit: 0n } }),
  ).toThrow(/we have election id 4, there is no primary/);
  await expect(
    client.pushPipeline({ p4info: schema, device_config: Buffer.alloc(0) }, { force: true }),
  ).rejects.toThrow(NotPrimaryError);
  const primary = once(client, 'primary');
  client.claim(9n);
  await primary;
  expect(events).toEqual([
    ['backup', { primary_election_id: 9n }],
    ['no_primary', { highest_election_id: 9n }],
    ['primary'],
  ]);
  expect(asked).toEqual([4n, 9n]);
});

test('messages the P4Info does not explain are dropped, and the stream goes on', async () => {
  await serve((stream) => {
    answering(Code.OK)(stream);
    stream.once('data', () => {
      const packet = (metadataId: number, value: number) => ({
        update: {
          $case: 'packet' as const,
          value: { payload: Buffer.of(1), metadata: [{ metadataId, value: Buffer.of(value) }] },
        },
      });
      stream.write(packet(77, 1));
      stream.write(packet(2, 0x80));
      stream.write({
        update: { $case: 'digest', value: { digestId: 5, listId: 1n, data: [], timestamp: 0n } },
      });
      stream.write({ update: undefined });
      stream.write({
        update: {
          $case: 'error',
          value: { canonicalCode: 3, message: 'no such port', space: 's', code: 8, details: undefined },
        },
      });
      stream.write(packet(2, 1));
    });
  });
  const client = connect();
  const problems: string[] = [];
  client.on('undecodable', ({ message }) => problems.push(message));
  const faults: unknown[] = [];
  client.on('stream_error', (error) => faults.push(error));
  const arrived = once(client, 'packet_in');
  await client.start();
  expect((await arrived)[0]).toEqual({ payload: Buffer.of(1), metadata: { reason: 1n } });
  expect(problems).toEqual([
    'packet_in: the target sent metadata with id 77',
    'packet_in: reason: the target sent 128 (0x80) does not fit in 7 bits',
    expect.stringMatching(/no digest with id 5/),
  ]);
  expect(faults).toEqual([{ code: 3, message: 'no such port', space: 's', target_code: 8, about: 'other' }]);
});

test('packet-outs beyond the queue, or without a stream, are dropped and counted', async () => {
  await serve(answering(Code.OK));
  const client = connect({ packet_out_queue_max: 2 });
  await client.start();
  const packet = { payload: Buffer.alloc(60), metadata: { egress_port: 1n, submit: 0n } };
  const sent = Array.from({ length: 5 }, () => client.packetOut(packet));
  expect(sent).toEqual([true, true, false, false, false]);
  expect(client.packet_outs_dropped).toBe(3);
  const lost = once(client, 'disconnected');
  fake.stop();
  await lost;
  expect(client.packetOut(packet)).toBe(false);
  expect(client.packet_outs_dropped).toBe(4);
  expect(() =>
    client.packetOut({ payload: Buffer.alloc(1), metadata: { egress_port: 512n, submit: 0n } }),
  ).toThrow(/packet_out: egress_port: value 512 \(0x200\) does not fit in 9 bits/);
});

test('close while connecting ends the wait; afterwards nothing works and nothing is emitted', async () => {
  await serve(() => {});
  const client = connect();
  const started = client.start({ keep_trying: true });
  const events: unknown[] = [];
  client.on('disconnected', (error) => events.push(error));
  client.close();
  await expect(started).rejects.toThrow(ClosedError);
  await expect(client.fetchCookie()).rejects.toThrow(ClosedError);
  await expect(client.start()).rejects.toThrow(ClosedError);
  fake.stop();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(events).toEqual([]);
  expect(client.state).toBe('closed');
});

test('close ends a call under way', async () => {
  fake = new FakeTarget({ capabilities: () => {} });
  await fake.start();
  const client = connect();
  const version = client.fetchApiVersion();
  setTimeout(() => client.close(), 20);
  await expect(version).rejects.toThrow(ClosedError);
});

test('limits that would stop everything are refused', async () => {
  await serve(answering(Code.OK));
  expect(() => connect({ batch_updates_max: 0 })).toThrow(/client options: batch_updates_max: 0 is not/);
  expect(() => connect({ read_timeout_ms: Infinity })).toThrow(EncodingError);
});

test('election ids have 128 bits and are not 0', () => {
  expect(() => new Arbitration(1n, 0n, undefined)).toThrow(EncodingError);
  expect(() => new Arbitration(1n, 1n << 128n, undefined)).toThrow(/is not from 1 to 2\^128-1/);
  const wire = new Arbitration(1n, (3n << 64n) | 4n, 'sdn').request();
  expect(wire).toMatchObject({ electionId: { high: 3n, low: 4n }, role: { name: 'sdn' } });
});
