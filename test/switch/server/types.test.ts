/** Values that are not of type bit<W>, and tables with entries from the program that are not const. */
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { P4Info, SetForwardingPipelineConfigRequest_Action as SetAction, Update_Type } from 'p4runtime-js';
import { DeviceUnderTest, readTables, type EntityOf } from './device_under_test';
import { bytes, idsOf, pipelineConfig, type RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;

// Not with the other programs: BMv2 reads no registers and writes no entries beside those of the program.
const config = pipelineConfig('types', 1n, join(__dirname, 'programs'));
const id = idsOf(P4Info.fromPartial(config.p4info ?? {}));

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
  expect(await client.setConfig(config)).toBeUndefined();
});

afterEach(() => dut.close());

function frame(key: number, twelve: number, sixteen: number): Buffer {
  const value =
    (BigInt(key) << 32n) |
    (BigInt.asUintN(12, BigInt(twelve)) << 20n) |
    (BigInt.asUintN(16, BigInt(sixteen)) << 4n);
  const packet = Buffer.alloc(60);
  packet.writeUIntBE(Number(value), 0, 5);
  return packet;
}

function register(index: number, value?: Buffer): EntityOf {
  const data = value && { data: { $case: 'bitstring' as const, value } };
  return {
    $case: 'registerEntry',
    value: { registerId: id('offsets'), index: { index: BigInt(index) }, data },
  };
}

async function readRegister(index: number): Promise<string> {
  const [read] = await client.read(register(index));
  const data = read?.entity?.$case === 'registerEntry' ? read.entity.value.data?.data : undefined;
  if (data?.$case !== 'bitstring') throw new Error('not a bitstring');
  return data.value.toString('hex');
}

test.each([
  ['9d', '9d'],
  ['ff9d', '9d'],
  ['00c8', '00c8'],
  ['00000063', '63'],
  ['8000', '8000'],
  ['0000', '00'],
])('int<16> cell %s is read back as %s', async (written, read) => {
  expect(await client.write(MODIFY, register(0, Buffer.from(written, 'hex')))).toMatchObject({ code: 0 });
  expect(await readRegister(0)).toBe(read);
});

test('the program adds to a signed cell', async () => {
  await client.write(MODIFY, register(0, Buffer.from('fe', 'hex')));
  dut.device.inject(1, frame(1, 0, -300));
  expect(await readRegister(1)).toBe('fed2');
});

test.each([['008000'], ['ff7fff'], ['']])('int<16> cell %s is OUT_OF_RANGE', async (written) => {
  const { details } = await client.write(MODIFY, register(0, Buffer.from(written, 'hex')));
  expect(details.map(({ code }) => status[code])).toEqual(['OUT_OF_RANGE']);
});

test('digests have signed values sign-extended, enums and booleans as such', async () => {
  const digest = { digestId: id('seen_t'), config: { maxListSize: 1, maxTimeoutNs: 0n, ackTimeoutNs: 0n } };
  expect(await client.write(INSERT, { $case: 'digestEntry', value: digest })).toMatchObject({ code: 0 });
  dut.device.inject(1, frame(1, -739, 200));
  const list = await client.next('digest');
  expect(list.data).toMatchObject([
    {
      data: {
        $case: 'struct',
        value: {
          members: [
            { data: { $case: 'bitstring', value: Buffer.from('fd1d', 'hex') } },
            { data: { $case: 'bitstring', value: Buffer.from('00c8', 'hex') } },
            { data: { $case: 'enumValue', value: bytes(200) } },
            { data: { $case: 'bool', value: true } },
          ],
        },
      },
    },
  ]);
});

function preset(key: number, port?: number): EntityOf {
  const params = [{ paramId: 1, value: bytes(port ?? 0) }];
  return {
    $case: 'tableEntry',
    value: {
      tableId: id('preset'),
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(key) } } }],
      action:
        port === undefined
          ? undefined
          : { type: { $case: 'action', value: { actionId: id('send'), params } } },
    },
  };
}

async function ports(): Promise<unknown[]> {
  const entries = await readTables(client, { $case: 'tableEntry', value: { tableId: id('preset') } });
  return entries.map(({ match, action, isConst }) => {
    const key =
      match[0]?.fieldMatchType?.$case === 'exact' ? match[0].fieldMatchType.value.value[0] : undefined;
    const port = action?.type?.$case === 'action' ? action.type.value.params[0]?.value[0] : undefined;
    return `${key}: ${port}${isConst ? ' const' : ''}`;
  });
}

test('entries of the program that are not const are read, modified, deleted, and joined by others', async () => {
  expect(await ports()).toEqual(['1: 1', '2: 2']);
  expect(await client.write(MODIFY, preset(1, 3))).toMatchObject({ code: 0 });
  expect(await client.write(DELETE, preset(2))).toMatchObject({ code: 0 });
  expect(await client.write(INSERT, preset(7, 2))).toMatchObject({ code: 0 });
  expect((await ports()).sort()).toEqual(['1: 3', '7: 2']);
  dut.device.inject(0, frame(1, 0, 0));
  dut.device.inject(0, frame(7, 0, 0));
  dut.device.inject(0, frame(2, 0, 0));
  expect(dut.sent.map(({ port }) => port)).toEqual([3, 2]);
});

test('RECONCILE_AND_COMMIT keeps what became of them', async () => {
  await client.write(MODIFY, preset(1, 3));
  await client.write(DELETE, preset(2));
  expect(await client.setConfig(config, SetAction.RECONCILE_AND_COMMIT)).toBeUndefined();
  expect(await ports()).toEqual(['1: 3']);
});
