import { status, type ServiceError } from '@grpc/grpc-js';
import { Update, Update_Type, WriteRequest, type StreamMessageResponse } from 'p4runtime-js';
import { ControllerStream, type StreamHandler } from '../../../src/switch/server/stream';
import { bridge, config, DeviceUnderTest, ethernet, readTables, table } from './device_under_test';
import { DEVICE_ID, detailsOf, uint128, type RawClient } from './raw_client';

const { INSERT, DELETE } = Update_Type;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

describe('roles', () => {
  test('each has its own primary, all of which write and hear packet-ins', async () => {
    const routing = await dut.primary(1n, 'routing');
    expect(await routing.write(INSERT, bridge(1n, 1))).toMatchObject({ code: 0 });
    expect(await client.write(INSERT, bridge(2n, 1))).toMatchObject({ code: 0 });
    dut.device.inject(1, ethernet(1n, 9n, 0x88b6));
    await routing.next('packet');
    await client.next('packet');
  });

  test('nobody came in it: NOT_FOUND; somebody did, who is not this one: PERMISSION_DENIED', async () => {
    const nobody = dut.connect(1n, 'unheard-of');
    expect(await nobody.write(INSERT, bridge(1n, 1))).toMatchObject({ code: status.NOT_FOUND });
    expect(await nobody.setConfig(config)).toMatchObject({ code: status.NOT_FOUND });
    await dut.primary(5n, 'unheard-of');
    expect(await nobody.write(INSERT, bridge(1n, 1))).toMatchObject({ code: status.PERMISSION_DENIED });
  });

  test('a role’s config is INVALID_ARGUMENT: there is no scheme agreed upon', async () => {
    const other = dut.connect(1n);
    other.send({
      update: {
        $case: 'arbitration',
        value: {
          deviceId: DEVICE_ID,
          electionId: uint128(9n),
          role: { name: 'r', config: { typeUrl: 'x', value: Buffer.alloc(1) } },
        },
      },
    });
    expect(await other.ended()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

test('a controller that dies amid its batch: the batch is done, the next primary sees it whole', async () => {
  const request = WriteRequest.fromPartial({
    deviceId: DEVICE_ID,
    electionId: uint128(1n),
    updates: Array.from({ length: 8 }, (_, i) => ({
      type: INSERT,
      entity: { entity: bridge(BigInt(i), 1) },
    })),
  });
  const call = client.client.write(request, () => undefined);
  const second = await dut.primary(2n);
  call.cancel();
  client.close();
  const entries = await readTables(second, table('bridge'));
  expect([0, 8]).toContain(entries.length);
  expect(await second.write(DELETE, ...entries.map((_, i) => bridge(BigInt(i), 1)))).toMatchObject({
    code: 0,
  });
});

describe('batches of failures', () => {
  const failures = async (count: number): Promise<ServiceError> => {
    const updates = Array.from({ length: count }, () =>
      Update.fromPartial({ type: DELETE, entity: { entity: bridge(99n, 1) } }),
    );
    const request = WriteRequest.fromPartial({ deviceId: DEVICE_ID, electionId: uint128(1n), updates });
    return new Promise((resolve, reject) =>
      client.client.write(request, (error) =>
        error === null ? reject(new Error('no error')) : resolve(error),
      ),
    );
  };

  test('one error for each; messages only as long as gRPC’s usual 8 KiB have room', async () => {
    for (const count of [1, 40, 100, 120]) {
      const error = await failures(count);
      const details = detailsOf(error);
      expect(error.code).toBe(status.UNKNOWN);
      expect(details.map(({ code }) => code)).toEqual(Array(count).fill(status.NOT_FOUND));
      expect(details[0]?.message).not.toBe('');
      const [packed] = error.metadata.get('grpc-status-details-bin');
      expect(((packed?.length ?? 0) * 4) / 3).toBeLessThan(8192);
    }
    expect(detailsOf(await failures(1000)).map(({ code }) => code)).toEqual(
      Array(1000).fill(status.NOT_FOUND),
    );
  });

  test('too many to tell of each: the status says how many, and the connection lives', async () => {
    const error = await failures(20_000);
    expect(error.code).toBe(status.UNKNOWN);
    expect(detailsOf(error)).toEqual([]);
    expect(error.details).toMatch(
      /^20000 of 20000 updates failed: 20000 NOT_FOUND; number 0: .*; number 9: .*too long to tell of each/,
    );
    expect(error.details).not.toContain('number 10:');
    expect(error.details.length).toBeLessThan(2000);
    expect(await client.write(INSERT, bridge(1n, 1))).toMatchObject({ code: 0 });
  });
});

test('packet-outs that cannot be: the error names the metadata and has the packet', async () => {
  const payload = ethernet(1n, 2n);
  const cases: [{ metadataId: number; value: Buffer }[], RegExp][] = [
    [[], /metadata egress_port \(id 1\) is missing/],
    [[{ metadataId: 1, value: Buffer.from([2, 0]) }], /0x200 does not fit bit<9>/],
    [[{ metadataId: 1, value: Buffer.alloc(0) }], /egress_port: an empty byte string/],
  ];
  for (const [metadata, message] of cases) {
    client.send({ update: { $case: 'packet', value: { payload, metadata } } });
    const error = await client.next('error');
    expect(error.message).toMatch(message);
    expect(error.details).toMatchObject({ $case: 'packetOut', value: { packetOut: { payload } } });
  }
  client.send({ update: { $case: 'other', value: { typeUrl: 'a', value: Buffer.alloc(0) } } });
  expect(await client.next('error')).toMatchObject({
    canonicalCode: status.UNIMPLEMENTED,
    details: { $case: 'other' },
  });
  client.send({});
  expect(await client.next('error')).toMatchObject({ canonicalCode: status.INVALID_ARGUMENT });
});

describe('a controller that does not read', () => {
  type Call = ConstructorParameters<typeof ControllerStream>[0];

  /** A call whose transport takes nothing. */
  function stuck() {
    const written: StreamMessageResponse[] = [];
    const ended: unknown[] = [];
    const call = {
      get writableLength() {
        return written.length;
      },
      on: () => call,
      write: (message: StreamMessageResponse) => written.push(message) > 0,
      emit: (_event: string, error: unknown) => ended.push(error) > 0,
    };
    const handler: Partial<StreamHandler> = { closed: () => undefined, dropped: () => undefined };
    return {
      written,
      ended,
      stream: new ControllerStream(call as unknown as Call, handler as StreamHandler),
    };
  }

  const packet = (length: number) => ({
    $case: 'packet' as const,
    value: { payload: Buffer.alloc(length), metadata: [] },
  });

  test('its backlog is bounded in messages and in bytes, and what is dropped is counted', () => {
    const small = stuck();
    for (let i = 0; i < 5000; i++) small.stream.send(packet(60));
    expect(small.written.length + small.stream.dropped).toBe(5000);
    expect(small.stream.dropped).toBeGreaterThan(0);
    const large = stuck();
    for (let i = 0; i < 1000; i++) large.stream.send(packet(65_535));
    expect(large.written.length * 65_535).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(large.stream.dropped).toBe(1000 - large.written.length);
  });

  test('arbitration updates are not dropped: without end of them the stream ends', () => {
    const one = stuck();
    const update = { deviceId: 1n, role: undefined, electionId: undefined, status: undefined };
    for (let i = 0; i < 10_000; i++) one.stream.notify(update);
    expect(one.stream.dropped).toBe(0);
    expect(one.written.length).toBeLessThan(10_000);
    expect(one.ended).toEqual([expect.objectContaining({ code: status.RESOURCE_EXHAUSTED })]);
  });
});

test('a read sees no write half done', async () => {
  const all = (port: number) => [0, 1, 2, 3].map((i) => bridge(BigInt(i), port));
  await client.write(INSERT, ...all(1));
  for (let round = 0; round < 10; round++) {
    const [, twice] = await Promise.all([
      client.write(Update_Type.MODIFY, ...all(2)),
      readTables(client, table('bridge'), table('bridge')),
      client.write(Update_Type.MODIFY, ...all(3)),
    ]);
    const ports = twice.map(({ action: one }) =>
      one?.type?.$case === 'action' ? one.type.value.params[0]?.value[0] : undefined,
    );
    expect(new Set(ports).size).toBe(1);
  }
});
