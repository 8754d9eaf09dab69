import { status, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { P4Info, ReadRequest, Update_Type, type ReadResponse, type TableEntry } from 'p4runtime-js';
import { bridge, config, DeviceUnderTest, id, table, update, type EntityOf } from './device_under_test';
import { DEVICE_ID, type RawClient } from './raw_client';

const { INSERT, DELETE } = Update_Type;
const CELLS = 1 << 18;

/** server.p4 with a register and a table far larger than what a stream takes before its reader reads. */
function withLargeRegister(): typeof config {
  const program = JSON.parse(config.p4DeviceConfig.toString()) as {
    register_arrays: { size: number }[];
    pipelines: { tables: { name: string; max_size: number }[] }[];
  };
  const p4info = P4Info.fromPartial(config.p4info ?? {});
  for (const register of program.register_arrays) register.size = CELLS;
  for (const register of p4info.registers) register.size = CELLS;
  for (const { tables } of program.pipelines)
    for (const table of tables) if (table.name.endsWith('.bridge')) table.max_size = CELLS;
  for (const table of p4info.tables) if (table.preamble?.id === id('bridge')) table.size = BigInt(CELLS);
  return { ...config, p4info, p4DeviceConfig: Buffer.from(JSON.stringify(program)) };
}

let dut: DeviceUnderTest;
let client: RawClient;
let calls: jest.SpyInstance;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
  expect(await client.setConfig(withLargeRegister())).toBeUndefined();
  calls = jest.spyOn(dut.device.dataplane, 'batch');
});

afterEach(() => dut.close());

/** A Read whose reader takes one message and no more, until it goes on. */
class SlowRead {
  entities = 0;
  /** How often each entry of the bridge table came. */
  readonly seen = new Map<bigint, number>();
  readonly end: Promise<ServiceError | undefined>;
  readonly call: ClientReadableStream<ReadResponse>;

  constructor(...entities: EntityOf[]) {
    this.call = client.client.read(
      ReadRequest.fromPartial({ deviceId: DEVICE_ID, entities: entities.map((entity) => ({ entity })) }),
    );
    this.call.on('data', ({ entities }: ReadResponse) => {
      this.entities += entities.length;
      for (const { entity } of entities) if (entity?.$case === 'tableEntry') this.count(entity.value);
    });
    this.call.once('data', () => this.call.pause());
    this.end = new Promise((resolve) => {
      this.call.on('error', resolve);
      this.call.on('end', () => resolve(undefined));
    });
  }

  private count({ match }: TableEntry): void {
    const key = match[0]?.fieldMatchType;
    if (key?.$case !== 'exact') throw new Error('the bridge table has an exact key');
    const dst = BigInt(`0x${key.value.value.toString('hex')}`);
    this.seen.set(dst, (this.seen.get(dst) ?? 0) + 1);
  }

  goOn(): Promise<ServiceError | undefined> {
    this.call.resume();
    return this.end;
  }
}

function made(wanted: string): number {
  const batches = calls.mock.calls as [{ method: string }[]][];
  return batches.flatMap(([batch]) => batch.filter(({ method }) => method === wanted)).length;
}

function cellsRead(): number {
  return made('readRegister') + made('readRows');
}

const register: EntityOf = { $case: 'registerEntry', value: { registerId: id('last_source') } };

/** Until the server has no room for more and stops reading, or a busy machine made it look so: more may follow. */
async function stalled(): Promise<number> {
  for (let before = -1, now = cellsRead(); ; before = now, now = cellsRead()) {
    if (now > 0 && now === before) return now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('a reader who does not read is read for no further, and keeps no writer waiting', async () => {
  const read = new SlowRead(register);
  await stalled();
  expect(await client.write(INSERT, bridge(1n, 1))).toEqual({ code: status.OK, details: [] });
  expect(await stalled()).toBeLessThan(CELLS / 2);
  expect(await read.goOn()).toBeUndefined();
  expect(read.entities).toBe(CELLS);
});

test('nothing is read for a reader who has gone', async () => {
  const read = new SlowRead(register);
  await stalled();
  read.call.cancel();
  expect(await read.goOn()).toMatchObject({ code: status.CANCELLED });
  expect(await client.write(INSERT, bridge(1n, 1))).toEqual({ code: status.OK, details: [] });
  expect(await stalled()).toBeLessThan(CELLS / 2);
});

test('another program ends a read that has not ended', async () => {
  const read = new SlowRead(register);
  await stalled();
  expect(await client.setConfig(config)).toBeUndefined();
  expect(await read.goOn()).toMatchObject({
    code: status.ABORTED,
    details: 'the forwarding pipeline config was changed during the read',
  });
});

test('one request that fails does not end a long read of others', async () => {
  const read = new SlowRead({ $case: 'counterEntry', value: { counterId: 3 } }, register);
  await stalled();
  expect(await read.goOn()).toMatchObject({ code: status.UNKNOWN });
  expect(read.entities).toBe(CELLS);
});

const ENTRIES = 100_000;

async function writeEntries(type: Update_Type, first: number, count: number, step = 1): Promise<void> {
  const BATCH = 2000;
  for (let start = 0; start < count; start += BATCH) {
    const numbers = Array.from(
      { length: Math.min(BATCH, count - start) },
      (_, i) => first + (start + i) * step,
    );
    const updates = numbers.map((dst) => update(type, bridge(BigInt(dst), 1)));
    expect((await client.writeUpdates(updates)).code).toBe(status.OK);
  }
}

test('entries that are there all the time come once, whatever is written while they are read', async () => {
  await writeEntries(INSERT, 1, ENTRIES);
  const read = new SlowRead(table('bridge'));
  await stalled();
  const rows_read = made('readRows') * 32;
  expect(rows_read).toBeLessThan(ENTRIES / 2);
  // Every tenth entry goes, and so many come that the table grows.
  await writeEntries(DELETE, 10, ENTRIES / 10, 10);
  await writeEntries(INSERT, ENTRIES + 1, ENTRIES / 2);
  expect(await read.goOn()).toBeUndefined();
  const wrong = [];
  for (let dst = 1; dst <= ENTRIES; dst++) {
    const times = read.seen.get(BigInt(dst)) ?? 0;
    if (dst % 10 === 0 ? times > 1 : times !== 1) wrong.push([dst, times]);
  }
  expect(wrong).toEqual([]);
  for (const [dst, times] of read.seen) if (times !== 1 || dst > ENTRIES * 1.5) wrong.push([dst, times]);
  expect(wrong).toEqual([]);
  expect(made('closeRead')).toBe(1);
  // What went where there was room meanwhile is found, and goes on to be, when it is moved.
  await writeEntries(INSERT, 2 * ENTRIES, 2000);
  expect(await client.read(bridge(BigInt(ENTRIES + 5), 1))).toHaveLength(1);
  expect(await client.read(table('bridge'))).toHaveLength(ENTRIES * 1.4 + 2000);
});

test('the first entries of a large table come when few have been read', async () => {
  await writeEntries(INSERT, 1, ENTRIES);
  const read = new SlowRead(table('bridge'));
  const rows = await new Promise<number>((resolve) =>
    read.call.once('data', () => resolve(made('readRows') * 32)),
  );
  expect(rows).toBeLessThan(ENTRIES / 4);
  read.call.cancel();
  await read.goOn();
});

test('a reader who has gone holds no entries in their rows', async () => {
  await writeEntries(INSERT, 1, ENTRIES);
  const read = new SlowRead(table('bridge'));
  await stalled();
  expect(made('closeRead')).toBe(0);
  read.call.cancel();
  expect(await read.goOn()).toMatchObject({ code: status.CANCELLED });
  await stalled();
  expect(made('closeRead')).toBe(1);
});

test('another program ends a read of a table, too', async () => {
  await writeEntries(INSERT, 1, ENTRIES);
  const read = new SlowRead(table('bridge'));
  await stalled();
  expect(await client.setConfig(config)).toBeUndefined();
  expect(await read.goOn()).toMatchObject({ code: status.ABORTED });
});
