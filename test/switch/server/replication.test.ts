import { status } from '@grpc/grpc-js';
import { Update_Type } from 'p4runtime-js';
import { action, bridge, DeviceUnderTest, entity, ethernet, type EntityOf } from './device_under_test';
import { bytes, type RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;

const MAC_A = 0x0200_0000_000an;
const MAC_B = 0x0200_0000_000bn;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

const replica = (port: number, instance = 1) => ({
  portKind: { $case: 'egressPort' as const, value: port },
  instance,
  backupReplicas: [],
});

function group(multicastGroupId: number, ...replicas: ReturnType<typeof replica>[]): EntityOf {
  const value = { type: { $case: 'multicastGroupEntry' as const, value: { multicastGroupId, replicas } } };
  return { $case: 'packetReplicationEngineEntry', value };
}

test('multicast groups replicate, are read back and refused when wrong', async () => {
  expect(await client.write(INSERT, group(4, replica(2), replica(3)))).toMatchObject({ code: 0 });
  await client.write(INSERT, bridge(MAC_A, 0, { action: action('flood', 4) }));
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(dut.sent.map(({ port }) => port)).toEqual([2, 3]);
  expect(await client.read(group(0))).toMatchObject([
    { entity: { value: { type: { value: { multicastGroupId: 4, replicas: [replica(2), replica(3)] } } } } },
  ]);
  const refused = await client.writeUpdates([
    { type: INSERT, entity: entity(group(4)) },
    { type: INSERT, entity: entity(group(0)) },
    { type: MODIFY, entity: entity(group(5)) },
    { type: MODIFY, entity: entity(group(4, replica(1), replica(1))) },
    { type: DELETE, entity: entity(group(4)) },
    { type: DELETE, entity: entity(group(4)) },
  ]);
  expect(refused.details.map(({ code }) => status[code])).toEqual([
    'ALREADY_EXISTS',
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'INVALID_ARGUMENT',
    'OK',
    'NOT_FOUND',
  ]);
  await expect(client.read(group(4))).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test('clone sessions', async () => {
  const session: EntityOf = {
    $case: 'packetReplicationEngineEntry',
    value: {
      type: {
        $case: 'cloneSessionEntry',
        value: { sessionId: 5, replicas: [replica(3)], packetLengthBytes: 20 },
      },
    },
  };
  expect(await client.write(INSERT, session)).toMatchObject({ code: 0 });
  await client.write(INSERT, bridge(MAC_A, 0, { action: action('mirror', 2) }));
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(dut.sent.map(({ port, frame }) => [port, frame.length]).sort()).toEqual([
    [2, 60],
    [3, 20],
  ]);
  expect(await client.read(session)).toMatchObject([
    { entity: { value: { type: { value: { packetLengthBytes: 20 } } } } },
  ]);
});

test('ports that were written with leading zeros are read without', async () => {
  const port = (value: Buffer) => ({ portKind: { $case: 'port' as const, value }, instance: 0 });
  const entry = (value: Buffer): EntityOf => ({
    $case: 'packetReplicationEngineEntry',
    value: {
      type: { $case: 'multicastGroupEntry', value: { multicastGroupId: 9, replicas: [port(value)] } },
    },
  });
  expect(await client.write(INSERT, entry(Buffer.from([0, 0, 2])))).toMatchObject({ code: 0 });
  expect(await client.read(entry(bytes(1)))).toMatchObject([
    { entity: { value: { type: { value: { replicas: [port(bytes(2))] } } } } },
  ]);
});
