import { status } from '@grpc/grpc-js';
import { Update_Type } from 'p4runtime-js';
import { action, DeviceUnderTest, ethernet, id, table, type EntityOf } from './device_under_test';
import { bytes, type RawClient } from './raw_client';

const { INSERT, MODIFY } = Update_Type;

const MAC_A = 0x0200_0000_000an;
const MAC_B = 0x0200_0000_000bn;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

test('packet-in with metadata, packet-out to a port', async () => {
  const frame = ethernet(MAC_A, MAC_B, 0x88b6);
  dut.device.inject(3, frame);
  expect(await client.next('packet')).toEqual({
    payload: frame,
    metadata: [
      { metadataId: 1, value: bytes(3) },
      { metadataId: 2, value: bytes(3) },
      { metadataId: 3, value: bytes(0) },
    ],
  });
  const metadata = [
    { metadataId: 1, value: Buffer.from([0, 2]) },
    { metadataId: 2, value: bytes(0) },
  ];
  client.send({ update: { $case: 'packet', value: { payload: frame, metadata } } });
  client.send({ update: { $case: 'packet', value: { payload: frame, metadata: metadata.slice(1) } } });
  expect(await client.next('error')).toMatchObject({
    canonicalCode: status.INVALID_ARGUMENT,
    message: 'packet_out: metadata egress_port (id 1) is missing',
  });
  expect(dut.sent).toEqual([{ port: 2, frame: Uint8Array.from(frame) }]);
});

test('digests: lists, duplicates suppressed until acknowledged, nothing without a config', async () => {
  const learn = table('filter', { priority: 1, action: action('learn') });
  const digestId = id('seen_t');
  const digest = (maxListSize: number): EntityOf => ({
    $case: 'digestEntry',
    value: {
      digestId,
      config: { maxTimeoutNs: 3_600_000_000_000n, maxListSize, ackTimeoutNs: 3_600_000_000_000n },
    },
  });
  await client.write(INSERT, learn);
  await expect(client.read({ $case: 'digestEntry', value: { digestId } })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(await client.write(INSERT, digest(2))).toMatchObject({ code: 0 });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  dut.device.inject(2, ethernet(MAC_A, MAC_A));
  const list = await client.next('digest');
  const members = (mac: bigint, port: number) => ({
    data: {
      $case: 'struct',
      value: {
        members: [bytes(mac), bytes(port)].map((value) => ({ data: { $case: 'bitstring', value } })),
      },
    },
  });
  expect(list).toMatchObject({ digestId, data: [members(MAC_B, 1), members(MAC_A, 2)] });

  expect(await client.write(MODIFY, digest(1))).toMatchObject({ code: 0 });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  dut.device.inject(3, ethernet(MAC_A, MAC_B));
  expect(await client.next('digest')).toMatchObject({ data: [members(MAC_B, 3)] });
  client.send({ update: { $case: 'digestAck', value: { digestId, listId: list.listId } } });
  client.send({ update: { $case: 'digestAck', value: { digestId: 9, listId: 1n } } });
  expect(await client.next('error')).toMatchObject({ canonicalCode: status.INVALID_ARGUMENT });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(await client.next('digest')).toMatchObject({ data: [members(MAC_B, 1)] });
  expect(await client.read({ $case: 'digestEntry', value: {} })).toHaveLength(1);
});

describe('digests', () => {
  const digestId = id('seen_t');
  const hour_ns = 3_600_000_000_000n;
  const digest = (maxListSize: number, maxTimeoutNs = hour_ns): EntityOf => ({
    $case: 'digestEntry',
    value: { digestId, config: { maxTimeoutNs, maxListSize, ackTimeoutNs: hour_ns } },
  });
  const learnFrom = (...sources: bigint[]): void => {
    for (const source of sources) dut.device.inject(1, ethernet(MAC_A, source));
  };

  beforeEach(async () => {
    await client.write(INSERT, table('filter', { priority: 1, action: action('learn') }));
  });

  test('lists have at most 1024 messages, however many a client allows and however long it waits', async () => {
    await client.write(INSERT, digest(2 ** 31 - 1));
    learnFrom(...Array.from({ length: 2048 }, (_, i) => BigInt(i)));
    expect((await client.next('digest')).data).toHaveLength(1024);
    expect((await client.next('digest')).data).toHaveLength(1024);
  });

  test('a deleted one sends nothing more, and starts anew when it is inserted again', async () => {
    await client.write(INSERT, digest(100, 50_000_000n));
    learnFrom(1n);
    await client.write(Update_Type.DELETE, digest(100));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.messages).toEqual([]);
    await client.write(INSERT, digest(1));
    learnFrom(2n);
    const { listId } = await client.next('digest');
    await client.write(Update_Type.DELETE, digest(1));
    await client.write(INSERT, digest(1));
    learnFrom(2n);
    expect((await client.next('digest')).listId).toBeGreaterThan(listId);
  });

  test('a new primary is sent what the one before it was sent and has not acknowledged', async () => {
    await client.write(INSERT, digest(1));
    learnFrom(1n);
    const { data } = await client.next('digest');
    const second = await dut.primary(2n);
    learnFrom(1n);
    expect((await second.next('digest')).data).toEqual(data);
    learnFrom(1n);
    second.arbitrate();
    expect(await second.status()).toBe(status.OK);
    learnFrom(1n);
    expect(second.messages).toEqual([]);
  });
});
