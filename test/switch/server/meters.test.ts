import { status } from '@grpc/grpc-js';
import {
  Entity,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Update_Type,
  WriteRequest_Atomicity as Atomicity,
  type DirectMeterEntry,
  type MeterConfig,
  type MeterCounterData,
  type MeterEntry,
  type P4Info,
  type TableEntry,
} from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { update, type EntityOf } from './device_under_test';
import { bytes, DEVICE_ID, idsOf, pipelineConfig, RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;
const config = pipelineConfig('meters', 1n);
const id = idsOf(config.p4info as P4Info);

let device: Switch;
let client: RawClient;

beforeEach(async () => {
  device = new Switch({ ports: [1], now_us: () => 0 });
  client = new RawClient(await device.listen('127.0.0.1:0', DEVICE_ID), 1n);
  client.arbitrate();
  expect(await client.status()).toBe(status.OK);
  expect(await client.setConfig(config)).toBeUndefined();
});

afterEach(async () => {
  client.close();
  await device.close();
});

const rates = (cir: bigint, cburst: bigint, pir: bigint, pburst: bigint, eburst = 0n): MeterConfig => ({
  ...{ cir, cburst, pir, pburst, eburst },
});

const NO_COUNTS: MeterCounterData = { green: undefined, yellow: undefined, red: undefined };

function meter(index: bigint | undefined, extra: Partial<MeterEntry> = {}): EntityOf {
  const at = index === undefined ? undefined : { index };
  return { $case: 'meterEntry', value: { meterId: id('by_packets'), index: at, ...extra } };
}

function metered(key: bigint, extra: Partial<TableEntry> = {}): TableEntry {
  return {
    tableId: id('metered'),
    match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(key) } } }],
    ...extra,
  } as TableEntry;
}

const table = (value: TableEntry): EntityOf => ({ $case: 'tableEntry', value });

const mark: TableEntry['action'] = {
  type: { $case: 'action', value: { actionId: id('mark'), params: [{ paramId: 1, value: bytes(5) }] } },
};

function direct(key: bigint, extra: Partial<DirectMeterEntry> = {}): EntityOf {
  return { $case: 'directMeterEntry', value: { tableEntry: metered(key), ...extra } };
}

async function code(type: Update_Type, entity: EntityOf): Promise<string | undefined> {
  const result = await client.write(type, entity);
  return result.code === 0 ? 'OK' : status[result.details[0]?.code ?? result.code];
}

async function readMeters(entity: EntityOf): Promise<MeterEntry[]> {
  return (await client.read(entity)).map(({ entity: read }) => {
    if (read?.$case !== 'meterEntry') throw new Error('not a meter entry');
    return read.value;
  });
}

const inject = (index: number, key: number): void =>
  device.inject(1, Buffer.from([index, key, 0, 0, 0, 0, 0, 0]));

test('a meter reads back what was written, and nothing where nothing was', async () => {
  expect(await code(MODIFY, meter(3n, { config: rates(10n, 1n, 20n, 1n << 40n) }))).toBe('OK');
  const all = await readMeters(meter(undefined));
  expect(all.map((entry) => entry.config)).toEqual(
    Array.from({ length: 8 }, (_, i) => (i === 3 ? rates(10n, 1n, 20n, 1n << 40n) : undefined)),
  );
  expect(all[0]?.counterData).toBeUndefined();
  expect(await code(MODIFY, meter(3n))).toBe('OK');
  expect((await readMeters(meter(3n)))[0]?.config).toBeUndefined();
  expect(await readMeters({ $case: 'meterEntry', value: { meterId: 0 } })).toHaveLength(16);
});

test('without an index all are set', async () => {
  expect(await code(MODIFY, meter(undefined, { config: rates(1n, 2n, 3n, 4n) }))).toBe('OK');
  for (const entry of await readMeters(meter(undefined))) expect(entry.config).toEqual(rates(1n, 2n, 3n, 4n));
});

test('wrong meter updates say what is wrong', async () => {
  const one = { config: rates(1n, 1n, 1n, 1n) };
  expect(await code(INSERT, meter(1n, one))).toBe('INVALID_ARGUMENT');
  expect(await code(DELETE, meter(1n, one))).toBe('INVALID_ARGUMENT');
  expect(await code(MODIFY, meter(-1n, one))).toBe('INVALID_ARGUMENT');
  expect(await code(MODIFY, meter(8n, one))).toBe('OUT_OF_RANGE');
  expect(await code(MODIFY, meter(1n, { config: rates(2n, 1n, 1n, 1n) }))).toBe('INVALID_ARGUMENT');
  expect(await code(MODIFY, meter(1n, { config: rates(1n, 1n, 1n, 1n, 1n) }))).toBe('INVALID_ARGUMENT');
  expect(await code(MODIFY, meter(1n, { ...one, meterId: 77 }))).toBe('INVALID_ARGUMENT');
  const data = { ...NO_COUNTS, green: { packetCount: 1n, byteCount: 0n } };
  expect(await code(MODIFY, meter(1n, { ...one, counterData: data }))).toBe('INVALID_ARGUMENT');
});

test('colours are counted, shown where asked, and cleared', async () => {
  expect(await code(MODIFY, meter(1n, { config: rates(0n, 1n, 0n, 1n) }))).toBe('OK');
  inject(1, 0);
  inject(1, 0);
  const [entry] = await readMeters(meter(1n, { counterData: NO_COUNTS }));
  expect(entry?.counterData).toEqual({
    green: { packetCount: 1n, byteCount: 8n },
    yellow: { packetCount: 0n, byteCount: 0n },
    red: { packetCount: 1n, byteCount: 8n },
  });
  expect(await code(MODIFY, meter(1n, { config: entry?.config, counterData: NO_COUNTS }))).toBe('OK');
  const [cleared] = await readMeters(meter(1n, { counterData: NO_COUNTS }));
  expect(cleared?.counterData?.red).toEqual({ packetCount: 0n, byteCount: 0n });
});

test('a direct meter comes with its entry, and goes back to green with it', async () => {
  const set = rates(5n, 6n, 7n, 7n);
  const read = async (extra: Partial<TableEntry>): Promise<TableEntry | undefined> => {
    const [found] = await client.read(table(metered(5n, extra)));
    return found?.entity?.$case === 'tableEntry' ? found.entity.value : undefined;
  };
  expect(await code(INSERT, table(metered(5n, { action: mark, meterConfig: set })))).toBe('OK');
  expect((await read({}))?.meterConfig).toBeUndefined();
  const asked = { meterConfig: rates(0n, 0n, 0n, 0n), meterCounterData: NO_COUNTS };
  expect((await read(asked))?.meterConfig).toEqual(set);
  inject(0, 5);
  expect((await read(asked))?.meterCounterData?.red).toEqual({ packetCount: 1n, byteCount: 8n });
  expect(await code(MODIFY, table(metered(5n, { action: mark, meterCounterData: NO_COUNTS })))).toBe('OK');
  const after = await read(asked);
  expect(after?.meterConfig).toBeUndefined();
  expect(after?.meterCounterData?.red).toEqual({ packetCount: 0n, byteCount: 0n });
});

test('DirectMeterEntry sets and reads the meter of one entry', async () => {
  const set = rates(5n, 6n, 7n, 8n);
  expect(await code(INSERT, table(metered(5n, { action: mark })))).toBe('OK');
  expect(await code(MODIFY, direct(5n, { config: set }))).toBe('OK');
  expect(await code(MODIFY, direct(6n, { config: set }))).toBe('NOT_FOUND');
  expect(await code(INSERT, direct(5n, { config: set }))).toBe('INVALID_ARGUMENT');
  const [entry] = await client.read(direct(5n));
  expect(entry?.entity).toMatchObject({
    $case: 'directMeterEntry',
    value: { config: set, tableEntry: { match: metered(5n).match, action: undefined } },
  });
  await expect(client.read(direct(6n))).rejects.toMatchObject({ code: status.NOT_FOUND });
});

/** Meters of which the first packet was green and emptied the bucket: the next would be red. */
async function emptiedBuckets(): Promise<void> {
  const bucket = rates(0n, 1n, 0n, 1n);
  const bytes_bucket = rates(0n, 8n, 0n, 8n);
  expect(await code(MODIFY, meter(1n, { config: bucket }))).toBe('OK');
  expect(await code(INSERT, table(metered(5n, { action: mark, meterConfig: bytes_bucket })))).toBe('OK');
  inject(1, 5);
}

const asked = { meterConfig: rates(0n, 0n, 0n, 0n), meterCounterData: NO_COUNTS };

async function state(): Promise<unknown[]> {
  const entities = await client.read(
    meter(undefined, { counterData: NO_COUNTS }),
    table({
      tableId: id('metered'),
      ...asked,
      counterData: { packetCount: 0n, byteCount: 0n },
    } as TableEntry),
  );
  return entities.map((entity) => Entity.toJSON(entity));
}

/** What was red before is red again: the buckets are as empty as they were. */
async function expectStillEmpty(): Promise<void> {
  inject(1, 5);
  const [array] = await readMeters(meter(1n, { counterData: NO_COUNTS }));
  expect(array?.counterData).toMatchObject({ green: { packetCount: 1n }, red: { packetCount: 1n } });
  const [entry] = await client.read(table(metered(5n, asked)));
  expect(entry?.entity).toMatchObject({
    value: { meterCounterData: { green: { packetCount: 1n }, red: { packetCount: 1n } } },
  });
}

for (const atomicity of [Atomicity.ROLLBACK_ON_ERROR, Atomicity.DATAPLANE_ATOMIC])
  test(`${Atomicity[atomicity]}: what a failed batch did to meters is undone, to the last token`, async () => {
    await emptiedBuckets();
    const before = await state();
    const fresh = rates(1n, 9n, 1n, 9n);
    const result = await client.writeUpdates(
      [
        update(MODIFY, meter(1n, { config: fresh, counterData: NO_COUNTS })),
        update(MODIFY, meter(2n, { config: fresh })),
        update(MODIFY, direct(5n, { config: fresh, counterData: NO_COUNTS })),
        update(MODIFY, table(metered(5n, { action: mark, meterConfig: fresh }))),
        update(DELETE, table(metered(5n))),
        update(INSERT, table(metered(5n, { action: mark }))),
        update(INSERT, table(metered(5n, { action: mark }))),
      ],
      atomicity,
    );
    expect(result.details.map((one) => status[one.code])).toEqual([
      ...Array<string>(6).fill('ABORTED'),
      'ALREADY_EXISTS',
    ]);
    expect(await state()).toEqual(before);
    await expectStillEmpty();
  });

test('an atomic batch that succeeds deletes and clears', async () => {
  await emptiedBuckets();
  const updates = [update(DELETE, table(metered(5n))), update(MODIFY, meter(1n, { counterData: NO_COUNTS }))];
  expect(await client.writeUpdates(updates, Atomicity.ROLLBACK_ON_ERROR)).toMatchObject({ code: 0 });
  expect(await client.read(table({ tableId: id('metered') } as TableEntry))).toEqual([]);
});

test('RECONCILE_AND_COMMIT keeps what meters hold and counted', async () => {
  await emptiedBuckets();
  const before = await state();
  expect(await client.setConfig(config, SetAction.RECONCILE_AND_COMMIT)).toBeUndefined();
  expect(await state()).toEqual(before);
  await expectStillEmpty();
});

test('RECONCILE_AND_COMMIT: a configured meter of another unit is named', async () => {
  const changed = pipelineConfig('meters', 2n);
  for (const one of changed.p4info?.directMeters ?? []) one.spec = { unit: 2, type: 0 };
  const program = JSON.parse(changed.p4DeviceConfig.toString()) as {
    meter_arrays: { type: string; is_direct: boolean }[];
  };
  for (const meter of program.meter_arrays) if (meter.is_direct) meter.type = 'packets';
  changed.p4DeviceConfig = Buffer.from(JSON.stringify(program));
  await emptiedBuckets();
  expect(await client.setConfig(changed, SetAction.RECONCILE_AND_COMMIT)).toEqual({
    code: status.INVALID_ARGUMENT,
    message: "table run.metered: an entry's meter is configured, but the new program's is another",
  });
  await client.write(DELETE, table(metered(5n)));
  expect(await client.setConfig(changed, SetAction.RECONCILE_AND_COMMIT)).toBeUndefined();
});
