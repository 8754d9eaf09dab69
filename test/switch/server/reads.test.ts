import { status } from '@grpc/grpc-js';
import { ReadRequest, Update_Type } from 'p4runtime-js';
import {
  action,
  bridge,
  DeviceUnderTest,
  ethernet,
  id,
  readFailure,
  readTables,
  table,
  type EntityOf,
} from './device_under_test';
import { bytes, DEVICE_ID, type RawClient } from './raw_client';

const { INSERT, MODIFY } = Update_Type;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

const everything: EntityOf = { $case: 'tableEntry', value: {} };

test('tables are filtered by action, metadata, priority, and a match whatever its priority', async () => {
  const match = [{ fieldId: 1, fieldMatchType: { $case: 'optional' as const, value: { value: bytes(2) } } }];
  await client.write(
    INSERT,
    bridge(1n, 1, { metadata: Buffer.from('a') }),
    bridge(2n, 2, { controllerMetadata: 5n }),
    bridge(3n, 0, { action: action('drop') }),
    table('filter', { priority: 3, match, action: action('drop') }),
    table('filter', { priority: 4, match, action: action('drop') }),
    table('filter', { priority: 4, action: action('drop') }),
  );
  const counts = async (...requests: EntityOf[]) =>
    Promise.all(requests.map(async (request) => (await readTables(client, request)).length));
  expect(
    await counts(
      everything,
      table('bridge'),
      table('bridge', { action: action('drop') }),
      table('bridge', { action: action('send') }),
      table('bridge', { metadata: Buffer.from('a') }),
      table('bridge', { metadata: Buffer.from('b') }),
      table('bridge', { controllerMetadata: 5n }),
      table('filter', { priority: 4 }),
      table('filter', { match }),
      table('filter', { match, priority: 4 }),
      bridge(99n, 0, { action: undefined }),
    ),
  ).toEqual([8, 3, 1, 2, 1, 0, 1, 2, 2, 1, 0]);
});

test('filters that cannot be are INVALID_ARGUMENT', async () => {
  for (const wrong of [
    { $case: 'tableEntry', value: { priority: 1 } },
    { $case: 'tableEntry', value: { metadata: Buffer.from('a') } },
    { $case: 'tableEntry', value: { controllerMetadata: 1n } },
    { $case: 'tableEntry', value: { action: action('drop') } },
    table('bridge', { action: action('learn') }),
    table('bridge', { action: { type: { $case: 'actionProfileMemberId', value: 1 } } }),
    table('bridge', { isDefaultAction: true, priority: 1 }),
    table('filter', { timeSinceLastHit: { elapsedNs: 0n } }),
    { $case: 'tableEntry', value: { tableId: 99 } },
  ] satisfies EntityOf[]) {
    expect(await readFailure(client, wrong)).toEqual({
      code: 'INVALID_ARGUMENT',
      requests: ['INVALID_ARGUMENT'],
    });
  }
});

test('a batch answers what it can, and says of each request what was wrong', async () => {
  await client.write(INSERT, bridge(1n, 1));
  const found: unknown[] = [];
  const requests: EntityOf[] = [
    table('bridge'),
    { $case: 'counterEntry', value: { counterId: 3 } },
    { $case: 'digestEntry', value: { digestId: id('seen_t') } },
    table('fixed'),
    { $case: 'externEntry', value: { externTypeId: 130 } },
  ];
  const call = client.client.read(
    ReadRequest.fromPartial({ deviceId: DEVICE_ID, entities: requests.map((entity) => ({ entity })) }),
  );
  call.on('data', ({ entities }: { entities: unknown[] }) => found.push(...entities));
  const code = await new Promise((resolve) =>
    call.on('error', ({ code: one }: { code: number }) => resolve(one)),
  );
  expect(code).toBe(status.UNKNOWN);
  expect(found).toHaveLength(3);
  expect((await readFailure(client, ...requests)).requests).toEqual([
    'OK',
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'OK',
    'UNIMPLEMENTED',
  ]);
});

test('the default entry’s direct counter is written, read, and zero when the entry is reset', async () => {
  const tableEntry = { tableId: id('bridge'), isDefaultAction: true };
  const data = { packetCount: 5n, byteCount: 6n };
  const one: EntityOf = { $case: 'directCounterEntry', value: { tableEntry, data } };
  expect(await client.write(MODIFY, one)).toMatchObject({ code: 0 });
  const read: EntityOf = { $case: 'directCounterEntry', value: { tableEntry } };
  expect(await client.read(read)).toMatchObject([{ entity: { value: { data } } }]);
  await client.write(MODIFY, table('bridge', { isDefaultAction: true, action: action('send', 1) }));
  expect(await client.read(read)).toMatchObject([{ entity: { value: { data } } }]);
  await client.write(MODIFY, table('bridge', { isDefaultAction: true }));
  expect(await client.read(read)).toMatchObject([
    { entity: { value: { data: { packetCount: 0n, byteCount: 0n } } } },
  ]);
  const with_entry = table('bridge', { isDefaultAction: true, action: action('send', 1), counterData: data });
  await client.write(MODIFY, with_entry);
  expect(await client.read(read)).toMatchObject([{ entity: { value: { data } } }]);
});

test('a modified entry keeps its counter unless it is given', async () => {
  await client.write(INSERT, bridge(1n, 1));
  dut.device.inject(1, ethernet(1n, 9n, 0x800, 100));
  await client.write(MODIFY, bridge(1n, 2));
  const read = bridge(1n, 0, { action: undefined, counterData: { packetCount: 0n, byteCount: 0n } });
  expect(await readTables(client, read)).toMatchObject([
    { counterData: { packetCount: 1n, byteCount: 100n } },
  ]);
  await client.write(MODIFY, bridge(1n, 2, { counterData: { packetCount: 7n, byteCount: 8n } }));
  expect(await readTables(client, read)).toMatchObject([{ counterData: { packetCount: 7n, byteCount: 8n } }]);
});

test('an idle entry is reported again when its timeout has passed again', async () => {
  await client.write(INSERT, bridge(1n, 1, { idleTimeoutNs: 1_000_000_000n }));
  for (const now_us of [1_500_000, 2_000_000, 2_600_000]) {
    dut.now_us = now_us;
    dut.device.tick();
  }
  // Not at 2 s: only half a second had passed since the first report.
  for (let i = 0; i < 2; i++)
    expect((await client.next('idleTimeoutNotification')).tableEntry).toHaveLength(1);
  await client.write(Update_Type.DELETE, bridge(1n, 1));
  expect(client.messages.filter(({ update }) => update?.$case === 'idleTimeoutNotification')).toEqual([]);
});

test('all externs are none; one is UNIMPLEMENTED', async () => {
  expect(await client.read({ $case: 'externEntry', value: {} })).toEqual([]);
  expect(await readFailure(client, { $case: 'externEntry', value: { externTypeId: 130 } })).toMatchObject({
    code: 'UNIMPLEMENTED',
  });
});
