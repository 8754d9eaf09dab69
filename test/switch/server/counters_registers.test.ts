import { status } from '@grpc/grpc-js';
import { Update_Type } from 'p4runtime-js';
import { bridge, DeviceUnderTest, entity, ethernet, id } from './device_under_test';
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

test('indirect counters: one, all, all of all; written and refused', async () => {
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  const counterId = id('received');
  expect(await client.read({ $case: 'counterEntry', value: { counterId, index: { index: 1n } } })).toEqual([
    entity({
      $case: 'counterEntry',
      value: { counterId, index: { index: 1n }, data: { packetCount: 2n, byteCount: 0n } },
    }),
  ]);
  expect(await client.read({ $case: 'counterEntry', value: { counterId } })).toHaveLength(16);
  expect(await client.read({ $case: 'counterEntry', value: {} })).toHaveLength(16);
  const data = { packetCount: 9n, byteCount: 0n };
  expect(await client.write(MODIFY, { $case: 'counterEntry', value: { counterId, data } })).toMatchObject({
    code: 0,
  });
  expect(
    await client.read({ $case: 'counterEntry', value: { counterId, index: { index: 15n } } }),
  ).toMatchObject([{ entity: { value: { data } } }]);
  const { details } = await client.write(
    MODIFY,
    { $case: 'counterEntry', value: { counterId, index: { index: 16n }, data } },
    { $case: 'counterEntry', value: { counterId, index: { index: -1n }, data } },
    { $case: 'counterEntry', value: { counterId: 3, data } },
  );
  expect(details.map(({ code }) => status[code])).toEqual([
    'OUT_OF_RANGE',
    'INVALID_ARGUMENT',
    'INVALID_ARGUMENT',
  ]);
  const inserted = await client.write(INSERT, { $case: 'counterEntry', value: { counterId, data } });
  expect(inserted.details.map(({ code }) => code)).toEqual([status.INVALID_ARGUMENT]);
});

test('direct counters, with the entry and by themselves', async () => {
  await client.write(INSERT, bridge(MAC_A, 2, { metadata: Buffer.from('note') }), bridge(MAC_B, 3));
  dut.device.inject(1, ethernet(MAC_A, MAC_B, 0x800, 100));
  const wanted = bridge(MAC_A, 0, { action: undefined });
  const tableEntry = wanted.$case === 'tableEntry' ? wanted.value : {};
  const one = await client.read({ $case: 'directCounterEntry', value: { tableEntry } });
  // Of the table entry, only its key.
  const key = { tableId: id('bridge'), action: undefined, metadata: Buffer.alloc(0) };
  expect(one).toMatchObject([
    { entity: { value: { tableEntry: key, data: { packetCount: 1n, byteCount: 100n } } } },
  ]);
  const data = { packetCount: 0n, byteCount: 7n };
  await client.write(MODIFY, { $case: 'directCounterEntry', value: { tableEntry, data } });
  const all = await client.read({ $case: 'directCounterEntry', value: { tableEntry: {} } });
  expect(all).toMatchObject([
    { entity: { value: { data } } },
    { entity: { value: { data: { packetCount: 0n } } } },
  ]);
  const missing = bridge(99n, 0);
  const none = missing.$case === 'tableEntry' ? missing.value : {};
  await expect(
    client.read({ $case: 'directCounterEntry', value: { tableEntry: none } }),
  ).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
});

test('registers', async () => {
  dut.device.inject(2, ethernet(MAC_A, MAC_B));
  const registerId = id('last_source');
  const cell = (index: bigint, value: bigint) => ({
    $case: 'registerEntry' as const,
    value: {
      registerId,
      index: { index },
      data: { data: { $case: 'bitstring' as const, value: bytes(value) } },
    },
  });
  expect(await client.read({ $case: 'registerEntry', value: { registerId, index: { index: 2n } } })).toEqual([
    entity(cell(2n, MAC_B)),
  ]);
  expect(await client.write(MODIFY, cell(3n, 5n))).toMatchObject({ code: 0 });
  const all = await client.read({ $case: 'registerEntry', value: { registerId } });
  expect(all).toHaveLength(8);
  expect(all[3]).toEqual(entity(cell(3n, 5n)));
  const { details } = await client.write(MODIFY, cell(8n, 1n), cell(0n, 1n << 48n));
  expect(details.map(({ code }) => status[code])).toEqual(['OUT_OF_RANGE', 'OUT_OF_RANGE']);
});
