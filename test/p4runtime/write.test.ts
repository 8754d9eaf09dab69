import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { Any, Code, P4Error, Status, type WriteRequest } from 'p4runtime-js';
import {
  action,
  Client,
  EncodingError,
  exact,
  NotPrimaryError,
  RpcError,
  WriteError,
  type Update,
} from '../../src/p4runtime';
import { schema } from './arbitrary';
import { FakeTarget } from './fake_target';

let fake: FakeTarget;
let client: Client;
let requests: WriteRequest[];
let api_version: string | undefined;
/** The status of the n-th Write; undefined: OK. */
let answer: (n: number, request: WriteRequest) => Partial<ServiceError> | undefined;

beforeEach(async () => {
  requests = [];
  answer = () => undefined;
  api_version = '1.4.1';
  fake = new FakeTarget({
    write: (call, callback) => {
      requests.push(call.request);
      const error = answer(requests.length - 1, call.request);
      if (error === undefined) callback(null, {});
      else callback(error);
    },
    capabilities: (_call, callback) => {
      if (api_version === undefined) callback({ code: status.UNIMPLEMENTED, details: 'unknown method' });
      else callback(null, { p4runtimeApiVersion: api_version, experimental: undefined });
    },
  });
  await fake.start();
  client = new Client(fake.target, { p4info: schema, batch_updates_max: 3 });
});

afterEach(() => {
  client.close();
  fake.stop();
});

const insert = (dst: number): Update => ({
  type: 'insert',
  entity: { table: 'bridge', match: { dst: exact(dst) }, action: action('drop') },
});
const inserts = (count: number) => Array.from({ length: count }, (_, i) => insert(i));

function batchError(codes: readonly Code[], message = 'why'): Partial<ServiceError> {
  const details = codes.map((code) =>
    Any.create({
      typeUrl: 'type.googleapis.com/p4.v1.Error',
      value: Buffer.from(
        P4Error.encode(
          P4Error.create({
            canonicalCode: code,
            message: code === Code.OK ? '' : message,
            space: 'x',
            code: 9,
          }),
        ).finish(),
      ),
    }),
  );
  const metadata = new Metadata();
  const bytes = Status.encode({ code: Code.UNKNOWN, message: '', details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  return { code: status.UNKNOWN, details: 'some failed', metadata };
}

test('updates go out in order, in batches', async () => {
  await client.write(inserts(7));
  expect(requests.map(({ updates }) => updates.length)).toEqual([3, 3, 1]);
  expect(requests[0]).toMatchObject({ deviceId: 1n, electionId: undefined, atomicity: 0 });
});

test('nothing is sent for no updates, nor if one of them does not fit', async () => {
  await client.write([]);
  const wrong: Update = { type: 'insert', entity: { table: 'bridge', match: {}, action: action('drop') } };
  await expect(client.write([...inserts(5), wrong])).rejects.toThrow(EncodingError);
  expect(requests).toEqual([]);
});

test('each failed update has its own error, and later batches are still written', async () => {
  const { OK, ALREADY_EXISTS, RESOURCE_EXHAUSTED } = Code;
  answer = (n) =>
    [batchError([OK, ALREADY_EXISTS, OK]), undefined, batchError([RESOURCE_EXHAUSTED], 'table full')][n];
  const error = await client.write(inserts(7)).catch((reason: unknown) => reason);
  if (!(error instanceof WriteError)) throw new Error(String(error));
  expect(requests).toHaveLength(3);
  expect(error.failures).toMatchObject([
    { index: 1, update: insert(1), code: ALREADY_EXISTS, message: 'why', space: 'x', target_code: 9 },
    { index: 6, update: insert(6), code: RESOURCE_EXHAUSTED, message: 'table full' },
  ]);
  expect(error.message).toMatch(
    /2 of 7 updates failed:\n +#1 insert table bridge \{dst=1\}: ALREADY_EXISTS: why\n +#6/,
  );
});

test('a long list of failures is shortened in the message only', async () => {
  answer = (_n, { updates }) => batchError(updates.map(() => Code.INTERNAL));
  const error = await client.write(inserts(13)).catch((reason: unknown) => reason);
  if (!(error instanceof WriteError)) throw new Error(String(error));
  expect(error.failures).toHaveLength(13);
  expect(error.message).toMatch(/and 3 more$/);
});

test('the errors of a whole batch fit through gRPC', async () => {
  client.close();
  client = new Client(fake.target, { p4info: schema });
  answer = (_n, { updates }) =>
    batchError(
      updates.map(() => Code.INTERNAL),
      'x'.repeat(150),
    );
  const error = await client.write(inserts(128)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WriteError);
  expect(requests).toHaveLength(1);
});

test('an error of the call as a whole ends the write', async () => {
  answer = (n) => (n === 1 ? { code: status.PERMISSION_DENIED, details: 'Not primary' } : undefined);
  await expect(client.write(inserts(9))).rejects.toThrow(NotPrimaryError);
  expect(requests).toHaveLength(2);
});

test('a trailer that is no status does no harm', async () => {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.of(0xff, 0xff, 0xff));
  answer = () => ({ code: status.INTERNAL, details: 'it broke', metadata });
  await expect(client.write([insert(1)])).rejects.toThrow(RpcError);
  await expect(client.write([insert(1)])).rejects.toThrow(/Write: INTERNAL: it broke/);
});

test('an atomic write is one batch', async () => {
  await client.write(inserts(7), { atomicity: 'rollback_on_error' });
  expect(requests.map(({ updates, atomicity }) => [updates.length, atomicity])).toEqual([[7, 1]]);
});

test.each([
  ['1.5.0', 'port'],
  ['1.4.0-rc.5', 'port'],
  ['2.0.0', 'port'],
  ['1.3.0', 'egressPort'],
  [undefined, 'egressPort'],
])('a target of version %s is sent replicas with %s', async (version, form) => {
  api_version = version;
  await client.write([
    { type: 'insert', entity: { multicast_group: 1, replicas: [{ port: 1, instance: 0 }] } },
  ]);
  const entity = requests[0]?.updates[0]?.entity?.entity;
  if (entity?.$case !== 'packetReplicationEngineEntry') throw new Error('no replication entry');
  const { type } = entity.value;
  expect(type?.$case === 'multicastGroupEntry' && type.value.replicas[0]?.portKind?.$case).toBe(form);
});
