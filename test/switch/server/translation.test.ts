import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { P4Info, Update_Type } from 'p4runtime-js';
import { DeviceUnderTest, ethernet, type EntityOf } from './device_under_test';
import { bytes, idsOf, pipelineConfig, type RawClient } from './raw_client';

// Not with the other programs: BMv2 does not translate, so there is nothing to compare it with.
const config = pipelineConfig('translation', 1n, join(__dirname, 'programs'));
const id = idsOf(P4Info.fromPartial(config.p4info ?? {}));

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
  expect(await client.setConfig(config)).toBeUndefined();
});

afterEach(() => dut.close());

function patch(from: number | bigint, action: string, ...ports: (number | bigint)[]): EntityOf {
  const params = ports.map((port, i) => ({ paramId: i + 1, value: bytes(port) }));
  return {
    $case: 'tableEntry',
    value: {
      tableId: id('by_port'),
      match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(from) } } }],
      action: { type: { $case: 'action', value: { actionId: id(action), params } } },
    },
  };
}

test('keys, parameters and packet headers are the numbers of the program', async () => {
  expect(
    await client.write(Update_Type.INSERT, patch(1, 'send', 2), patch(3, 'to_controller')),
  ).toMatchObject({
    code: 0,
  });
  dut.device.inject(1, ethernet(1n, 2n));
  expect(dut.sent.map(({ port }) => port)).toEqual([2]);
  dut.device.inject(3, ethernet(1n, 2n));
  expect(await client.next('packet')).toMatchObject({
    payload: ethernet(1n, 2n),
    metadata: [
      { metadataId: 1, value: bytes(3) },
      { metadataId: 2, value: bytes(0) },
      { metadataId: 3, value: bytes(0) },
    ],
  });
  const metadata = [1, 0].map((value, i) => ({ metadataId: i + 1, value: bytes(value) }));
  client.send({ update: { $case: 'packet', value: { payload: ethernet(5n, 6n), metadata } } });
  await client.getConfig(1);
  await client.read(patch(1, 'send'));
  expect(dut.sent.at(-1)).toEqual({ port: 1, frame: Uint8Array.from(ethernet(5n, 6n)) });
});

test('numbers that the program cannot hold are OUT_OF_RANGE', async () => {
  const { details } = await client.write(Update_Type.INSERT, patch(512, 'drop'), patch(1, 'send', 1n << 20n));
  expect(details).toEqual([
    { code: status.OUT_OF_RANGE, message: 'table patch.by_port, key meta.port: 0x200 does not fit bit<9>' },
    {
      code: status.OUT_OF_RANGE,
      message: 'table patch.by_port, action patch.send, parameter port: 0x100000 does not fit bit<9>',
    },
  ]);
});

test('types translated to strings are the numbers of the program too', async () => {
  const tenant: EntityOf[] = [
    {
      $case: 'tableEntry',
      value: {
        tableId: id('by_source'),
        match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(2) } } }],
        action: {
          type: {
            $case: 'action',
            value: { actionId: id('set_tenant'), params: [{ paramId: 1, value: bytes(0x1234) }] },
          },
        },
      },
    },
    {
      $case: 'tableEntry',
      value: {
        tableId: id('by_tenant'),
        match: [{ fieldId: 1, fieldMatchType: { $case: 'exact', value: { value: bytes(0x1234) } } }],
        action: {
          type: {
            $case: 'action',
            value: { actionId: id('send'), params: [{ paramId: 1, value: bytes(3) }] },
          },
        },
      },
    },
  ];
  expect(await client.write(Update_Type.INSERT, ...tenant)).toMatchObject({ code: 0 });
  dut.device.inject(1, ethernet(1n, 2n));
  expect(dut.sent.map(({ port }) => port)).toEqual([3]);
});
