import { status } from '@grpc/grpc-js';
import {
  CapabilitiesRequest,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Update_Type,
} from 'p4runtime-js';
import { Switch } from '../../../src/switch/switch';
import { bridge, config, DeviceUnderTest, ethernet, readTables, table } from './device_under_test';
import { DEVICE_ID, pipelineConfig, type RawClient } from './raw_client';

const { INSERT } = Update_Type;

const MAC_A = 0x0200_0000_000an;
const MAC_B = 0x0200_0000_000bn;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

test('are read back by parts', async () => {
  expect(await client.getConfig(0)).toMatchObject({
    cookie: { cookie: 42n },
    p4DeviceConfig: config.p4DeviceConfig,
  });
  expect(await client.getConfig(1)).toEqual({
    cookie: { cookie: 42n },
    p4info: undefined,
    p4DeviceConfig: Buffer.alloc(0),
  });
  expect((await client.getConfig(2))?.p4info?.tables).toHaveLength(3);
  expect((await client.getConfig(3))?.p4info).toBeUndefined();
});

test('a saved config takes writes, and packets once it is committed', async () => {
  await client.write(INSERT, bridge(MAC_A, 2));
  expect(await client.setConfig(pipelineConfig('server', 43n), SetAction.VERIFY_AND_SAVE)).toBeUndefined();
  expect(await readTables(client, table('bridge'))).toEqual([]);
  await client.write(INSERT, bridge(MAC_A, 3));
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(await client.setConfig(undefined, SetAction.COMMIT)).toBeUndefined();
  dut.device.inject(1, ethernet(MAC_A, MAC_B));
  expect(dut.sent.map(({ port }) => port)).toEqual([2, 3]);
  expect(await client.setConfig(undefined, SetAction.COMMIT)).toMatchObject({ code: status.NOT_FOUND });
});

test('what is wrong is named, and the old one stays', async () => {
  await client.write(INSERT, bridge(MAC_A, 2));
  const other = pipelineConfig('router');
  const cases: [Parameters<RawClient['setConfig']>, keyof typeof status, string | RegExp][] = [
    [[undefined], 'INVALID_ARGUMENT', 'config is not set'],
    [[{ ...config, p4info: undefined }], 'INVALID_ARGUMENT', 'config.p4info is not set'],
    [
      [{ ...config, p4DeviceConfig: Buffer.from('{') }],
      'INVALID_ARGUMENT',
      /is not the JSON p4c writes for BMv2/,
    ],
    [
      [{ ...config, p4DeviceConfig: other.p4DeviceConfig }],
      'INVALID_ARGUMENT',
      'P4Info does not match p4_device_config: table switching.bridge is not in the program',
    ],
    [[undefined, SetAction.RECONCILE_AND_COMMIT], 'INVALID_ARGUMENT', 'config is not set'],
    [[config, SetAction.COMMIT], 'INVALID_ARGUMENT', 'COMMIT takes no config'],
    [[config, SetAction.UNSPECIFIED], 'INVALID_ARGUMENT', 'action 0 is unknown'],
  ];
  for (const [args, code, message] of cases) {
    const failure = await client.setConfig(...args);
    expect(failure).toMatchObject({ code: status[code] });
    expect(failure?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  }
  expect(await client.setConfig(config, SetAction.VERIFY)).toBeUndefined();
  expect(await readTables(client, table('bridge'))).toHaveLength(1);
});

test('without one, reads and writes are FAILED_PRECONDITION', async () => {
  const bare = new Switch({ ports: [] });
  dut.address = await bare.listen('127.0.0.1:0', DEVICE_ID);
  const lonely = dut.connect(1n);
  lonely.arbitrate();
  await lonely.status();
  expect(await lonely.write(INSERT, bridge(MAC_A, 1))).toMatchObject({ code: status.FAILED_PRECONDITION });
  await expect(lonely.read(table('bridge'))).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  expect(await lonely.getConfig(0)).toBeUndefined();
  lonely.close();
  await bare.close();
});

test('capabilities say the version of the API', async () => {
  const version = await new Promise((resolve) =>
    client.client.capabilities(CapabilitiesRequest.fromPartial({}), (_, response) =>
      resolve(response.p4runtimeApiVersion),
    ),
  );
  expect(version).toBe('1.4.1');
});
