import { status } from '@grpc/grpc-js';
import { Update_Type, type TableEntry } from 'p4runtime-js';
import {
  action,
  bridge,
  DeviceUnderTest,
  entity,
  ethernet,
  id,
  readTables,
  table,
} from './device_under_test';
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

test('insert, forward, read back as written, modify, delete', async () => {
  expect(await client.write(INSERT, bridge(MAC_A, 2, { metadata: Buffer.from('note') }))).toMatchObject({
    code: 0,
  });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(dut.sent).toEqual([{ port: 2, frame: Uint8Array.from(ethernet(MAC_A, MAC_B)) }]);
  const [entry] = await readTables(client, table('bridge'));
  expect(entry).toMatchObject({ action: action('send', 2), priority: 0, metadata: Buffer.from('note') });
  expect(entry?.counterData).toBeUndefined();
  await client.write(MODIFY, bridge(MAC_A, 3));
  const [modified] = await readTables(
    client,
    bridge(MAC_A, 0, { counterData: { byteCount: 0n, packetCount: 0n } }),
  );
  expect(modified).toMatchObject({ action: action('send', 3), metadata: Buffer.alloc(0) });
  expect(modified?.counterData).toBeDefined();
  await client.write(DELETE, bridge(MAC_A, 0, { action: undefined }));
  expect(await readTables(client, table('bridge'))).toEqual([]);
});

test('each failed update says its own code, the others are done', async () => {
  const padded = bridge(MAC_B, 1, {
    match: [
      {
        fieldId: 1,
        fieldMatchType: { $case: 'exact', value: { value: Buffer.from('000002000000000b', 'hex') } },
      },
    ],
  });
  const result = await client.write(
    INSERT,
    bridge(MAC_A, 2),
    bridge(MAC_A, 2),
    bridge(1n << 48n, 2),
    bridge(MAC_B, 512),
    padded,
    bridge(5n, 1, { priority: 3 }),
    bridge(5n, 1, { tableId: 99 }),
    bridge(5n, 1, { action: action('NoAction') }),
    bridge(5n, 1, { action: action('learn') }),
    bridge(5n, 1, { action: action('send') }),
    bridge(5n, 1, { match: [] }),
    { $case: 'externEntry', value: { externTypeId: 1 } },
  );
  expect(result.code).toBe(status.UNKNOWN);
  expect(result.details.map(({ code }) => status[code])).toEqual([
    'OK',
    'ALREADY_EXISTS',
    'OUT_OF_RANGE',
    'OUT_OF_RANGE',
    'OK',
    'INVALID_ARGUMENT',
    'INVALID_ARGUMENT',
    'PERMISSION_DENIED',
    'INVALID_ARGUMENT',
    'INVALID_ARGUMENT',
    'INVALID_ARGUMENT',
    'UNIMPLEMENTED',
  ]);
  expect(result.details[2]?.message).toBe(
    'table switching.bridge, key hdr.ethernet.dst: 0x1000000000000 does not fit bit<48>',
  );
  expect(result.details[3]?.message).toBe(
    'table switching.bridge, action switching.send, parameter port: 0x200 does not fit bit<9>',
  );
  const macs = (await readTables(client, table('bridge'))).map(({ match }) => match[0]?.fieldMatchType);
  expect(macs).toEqual([MAC_A, MAC_B].map((mac) => ({ $case: 'exact', value: { value: bytes(mac) } })));
  const missing = await client.write(DELETE, bridge(7n, 1));
  expect(missing.details.map(({ code }) => status[code])).toEqual(['NOT_FOUND']);
});

test('a full table is RESOURCE_EXHAUSTED', async () => {
  const entries = Array.from({ length: 9 }, (_, i) => bridge(BigInt(i), 1));
  const { details } = await client.write(INSERT, ...entries);
  expect(details.map(({ code }) => code)).toEqual([...Array<number>(8).fill(0), status.RESOURCE_EXHAUSTED]);
});

test('ternary, range and optional: canonical, wildcards left out, priority needed', async () => {
  const match = [
    { fieldId: 1, fieldMatchType: { $case: 'optional' as const, value: { value: bytes(2) } } },
    {
      fieldId: 2,
      fieldMatchType: { $case: 'ternary' as const, value: { value: bytes(0x0200), mask: bytes(0xff00) } },
    },
    {
      fieldId: 3,
      fieldMatchType: { $case: 'range' as const, value: { low: bytes(0x800), high: bytes(0x900) } },
    },
  ];
  const full: Partial<TableEntry> = { match, priority: 10, action: action('drop') };
  const bare: Partial<TableEntry> = { match: [], priority: 5, action: action('send', 3) };
  expect(await client.write(INSERT, table('filter', full), table('filter', bare))).toMatchObject({
    code: 0,
  });
  const entries = await readTables(client, table('filter'));
  expect(entries).toHaveLength(2);
  expect(entries).toEqual(
    expect.arrayContaining([expect.objectContaining(full), expect.objectContaining(bare)]),
  );
  expect(await readTables(client, table('filter', { match, priority: 10 }))).toEqual([
    expect.objectContaining(full),
  ]);
  const wrong: Partial<TableEntry>[] = [
    { ...full, priority: 0 },
    {
      ...full,
      match: [
        { fieldId: 2, fieldMatchType: { $case: 'ternary', value: { value: bytes(1), mask: bytes(0) } } },
      ],
    },
    {
      ...full,
      match: [
        { fieldId: 2, fieldMatchType: { $case: 'ternary', value: { value: bytes(3), mask: bytes(1) } } },
      ],
    },
    {
      ...full,
      match: [{ fieldId: 3, fieldMatchType: { $case: 'range', value: { low: bytes(9), high: bytes(1) } } }],
    },
    { ...full, match: [{ fieldId: 3, fieldMatchType: { $case: 'exact', value: { value: bytes(9) } } }] },
    { ...full, match: [{ fieldId: 9, fieldMatchType: { $case: 'exact', value: { value: bytes(9) } } }] },
    { ...full, match: [...match, ...match] },
    { ...full, isConst: true },
    { ...full, idleTimeoutNs: 5n },
  ];
  const { details } = await client.write(INSERT, ...wrong.map((entry) => table('filter', entry)));
  expect(details.map(({ code }) => code)).toEqual(wrong.map(() => status.INVALID_ARGUMENT));
});

test('default actions: set, read, reset; const ones refused', async () => {
  const set = table('bridge', { isDefaultAction: true, action: action('send', 3) });
  expect(await client.write(MODIFY, set)).toMatchObject({ code: 0 });
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(dut.sent.map(({ port }) => port)).toEqual([3]);
  expect(await readTables(client, table('bridge', { isDefaultAction: true }))).toMatchObject([
    { isDefaultAction: true, action: action('send', 3), match: [] },
  ]);
  expect(await client.write(MODIFY, table('bridge', { isDefaultAction: true }))).toMatchObject({ code: 0 });
  expect(await readTables(client, table('bridge', { isDefaultAction: true }))).toMatchObject([
    { action: action('NoAction') },
  ]);
  const refused = await client.writeUpdates([
    ...[INSERT, DELETE].map((type) => ({ type, entity: entity(set) })),
    { type: MODIFY, entity: entity(table('fixed', { isDefaultAction: true, action: action('drop') })) },
    { type: MODIFY, entity: entity(table('filter', { isDefaultAction: true, action: action('send', 1) })) },
  ]);
  expect(refused.details.map(({ code }) => status[code])).toEqual([
    'INVALID_ARGUMENT',
    'INVALID_ARGUMENT',
    'PERMISSION_DENIED',
    'PERMISSION_DENIED',
  ]);
});

test('const tables are read, not written', async () => {
  const entries = await readTables(client, table('fixed'));
  expect(entries.map(({ isConst, action: one }) => [isConst, one])).toEqual([
    [true, action('to_controller', 3)],
    [true, action('drop')],
  ]);
  const key = {
    match: [{ fieldId: 1, fieldMatchType: { $case: 'exact' as const, value: { value: bytes(0x88b6) } } }],
  };
  const { details } = await client.write(INSERT, table('fixed', { ...key, action: action('drop') }));
  expect(details.map(({ code }) => code)).toEqual([status.PERMISSION_DENIED]);
});

test('idle entries are reported to the primary', async () => {
  await client.write(INSERT, bridge(MAC_A, 2, { idleTimeoutNs: 1_000_000_000n, metadata: Buffer.from('m') }));
  dut.now_us = 2_000_000;
  dut.device.tick();
  const { tableEntry } = await client.next('idleTimeoutNotification');
  expect(tableEntry).toMatchObject([
    { tableId: id('bridge'), idleTimeoutNs: 1_000_000_000n, metadata: Buffer.from('m') },
  ]);
  const [entry] = await readTables(client, table('bridge', { timeSinceLastHit: { elapsedNs: 0n } }));
  expect(entry?.timeSinceLastHit).toEqual({ elapsedNs: 2_000_000_000n });
});

describe('as the specification says', () => {
  test('MODIFY without an action leaves it as it is; INSERT needs one', async () => {
    await client.write(INSERT, bridge(MAC_A, 2));
    const counterData = { packetCount: 7n, byteCount: 70n };
    const change = bridge(MAC_A, 0, { action: undefined, counterData, metadata: Buffer.from('n') });
    expect(await client.write(MODIFY, change)).toMatchObject({ code: 0 });
    expect(await readTables(client, bridge(MAC_A, 0, { counterData }))).toMatchObject([
      { action: action('send', 2), counterData, metadata: Buffer.from('n') },
    ]);
    const { details } = await client.write(INSERT, bridge(MAC_B, 0, { action: undefined }));
    expect(details.map(({ code }) => status[code])).toEqual(['INVALID_ARGUMENT']);
  });

  test('DELETE looks at nothing but the key', async () => {
    await client.write(INSERT, bridge(MAC_A, 2));
    const nonsense = bridge(MAC_A, 0, {
      action: { type: { $case: 'actionProfileMemberId', value: 7 } },
      counterData: { packetCount: -1n, byteCount: -1n },
      meterConfig: { cir: -1n, cburst: 0n, pir: 0n, pburst: 0n, eburst: 0n },
      idleTimeoutNs: -5n,
    });
    expect(await client.write(DELETE, nonsense)).toMatchObject({ code: 0 });
  });

  test('idle timeouts read back to the nanosecond', async () => {
    const longest = (1n << 63n) - 1n;
    await client.write(
      INSERT,
      bridge(MAC_A, 2, { idleTimeoutNs: longest }),
      bridge(MAC_B, 2, { idleTimeoutNs: 1n }),
    );
    const entries = await readTables(client, table('bridge'));
    expect(entries.map(({ idleTimeoutNs }) => idleTimeoutNs)).toEqual([longest, 1n]);
  });

  test('a counter that could not be kept exactly is OUT_OF_RANGE', async () => {
    const counterData = { packetCount: 1n << 53n, byteCount: 0n };
    const { details } = await client.write(INSERT, bridge(MAC_A, 2, { counterData }));
    expect(details.map(({ code }) => status[code])).toEqual(['OUT_OF_RANGE']);
  });

  test('const entries have no idle timeout', async () => {
    const { details } = await client.write(
      MODIFY,
      table('fixed', {
        match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(0x88b6) } } }],
        idleTimeoutNs: 1n,
      }),
    );
    expect(details.map(({ code }) => status[code])).toEqual(['INVALID_ARGUMENT']);
  });
});
