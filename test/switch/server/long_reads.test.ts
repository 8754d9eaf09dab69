import { status, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { P4Info, ReadRequest, Update_Type, type ReadResponse } from 'p4runtime-js';
import { bridge, config, DeviceUnderTest, id, type EntityOf } from './device_under_test';
import { DEVICE_ID, type RawClient } from './raw_client';

const { INSERT } = Update_Type;
const CELLS = 1 << 18;

/** server.p4 with a register far larger than what a stream takes before its reader reads. */
function withLargeRegister(): typeof config {
  const program = JSON.parse(config.p4DeviceConfig.toString()) as { register_arrays: { size: number }[] };
  const p4info = P4Info.fromPartial(config.p4info ?? {});
  for (const register of program.register_arrays) register.size = CELLS;
  for (const register of p4info.registers) register.size = CELLS;
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
  readonly end: Promise<ServiceError | undefined>;
  readonly call: ClientReadableStream<ReadResponse>;

  constructor(...entities: EntityOf[]) {
    this.call = client.client.read(
      ReadRequest.fromPartial({ deviceId: DEVICE_ID, entities: entities.map((entity) => ({ entity })) }),
    );
    this.call.on('data', (response: ReadResponse) => (this.entities += response.entities.length));
    this.call.once('data', () => this.call.pause());
    this.end = new Promise((resolve) => {
      this.call.on('error', resolve);
      this.call.on('end', () => resolve(undefined));
    });
  }

  goOn(): Promise<ServiceError | undefined> {
    this.call.resume();
    return this.end;
  }
}

function cellsRead(): number {
  const batches = calls.mock.calls as [{ method: string }[]][];
  return batches.flatMap(([batch]) => batch.filter(({ method }) => method === 'readRegister')).length;
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
