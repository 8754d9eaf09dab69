import { status } from '@grpc/grpc-js';
import {
  Entity,
  P4Info,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Update_Type,
  type ForwardingPipelineConfig,
} from 'p4runtime-js';
import {
  action,
  bridge,
  config,
  DeviceUnderTest,
  ethernet,
  id,
  info,
  readTables,
  table,
  type EntityOf,
} from './device_under_test';
import { bytes, type RawClient } from './raw_client';

const { INSERT, MODIFY } = Update_Type;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

/** The program under another P4Info and cookie. */
function changed(change: (p4info: P4Info) => void): ForwardingPipelineConfig {
  const p4info = P4Info.decode(P4Info.encode(info).finish());
  change(p4info);
  return { ...config, p4info, cookie: { cookie: 77n } };
}

function reconcile(next: ForwardingPipelineConfig | undefined) {
  return client.setConfig(next, SetAction.RECONCILE_AND_COMMIT);
}

const filtered = table('filter', {
  match: [{ fieldId: 1, fieldMatchType: { $case: 'optional', value: { value: bytes(2) } } }],
  priority: 7,
  action: action('drop'),
});

const everything: EntityOf[] = [
  { $case: 'tableEntry', value: { counterData: {} } },
  table('bridge', { isDefaultAction: true }),
  { $case: 'counterEntry', value: {} },
  { $case: 'registerEntry', value: {} },
  { $case: 'digestEntry', value: {} },
  {
    $case: 'packetReplicationEngineEntry',
    value: { type: { $case: 'cloneSessionEntry', value: { sessionId: 0 } } },
  },
];

test('entries, defaults, counters, registers, sessions, digests and metadata are kept', async () => {
  const session = {
    type: {
      $case: 'cloneSessionEntry' as const,
      value: { sessionId: 5, replicas: [{ portKind: { $case: 'egressPort' as const, value: 3 } }] },
    },
  };
  const digestConfig = { maxListSize: 1, maxTimeoutNs: 0n, ackTimeoutNs: 0n };
  const made = await client.write(
    INSERT,
    bridge(1n, 2, { metadata: Buffer.from('note'), idleTimeoutNs: 1_000_000n }),
    filtered,
    { $case: 'packetReplicationEngineEntry', value: session },
    { $case: 'digestEntry', value: { digestId: id('seen_t'), config: digestConfig } },
  );
  expect(made).toMatchObject({ code: 0 });
  await client.write(MODIFY, table('bridge', { isDefaultAction: true, action: action('send', 3) }));
  dut.device.inject(1, ethernet(1n, 9n));
  const before = (await client.read(...everything)).map((one) => Entity.toJSON(one));
  expect(await reconcile(changed(() => undefined))).toBeUndefined();
  expect((await client.read(...everything)).map((one) => Entity.toJSON(one))).toEqual(before);
  expect((await client.getConfig(1))?.cookie).toEqual({ cookie: 77n });
  dut.device.inject(1, ethernet(1n, 9n));
  dut.device.inject(1, ethernet(5n, 9n));
  expect(dut.sent.map(({ port }) => port)).toEqual([2, 2, 3]);
});

test('a default action that no client set becomes the new program’s; one that was set can be reset', async () => {
  expect(await reconcile(changed(() => undefined))).toBeUndefined();
  const read = table('bridge', { isDefaultAction: true });
  expect(await readTables(client, read)).toMatchObject([{ action: action('NoAction') }]);
});

/** server.p4 without its table filter: what led there leads to the table behind it. */
function withoutFilter(): ForwardingPipelineConfig {
  const { p4DeviceConfig, ...without } = changed((p4info) => {
    p4info.tables = p4info.tables.filter(({ preamble }) => preamble?.id !== id('filter'));
  });
  const program = JSON.parse(p4DeviceConfig.toString()) as { pipelines: { tables: { name: string }[] }[] };
  for (const pipeline of program.pipelines)
    pipeline.tables = pipeline.tables.filter(({ name }) => name !== 'switching.filter');
  const json = JSON.stringify(program).replaceAll('"switching.filter"', '"switching.fixed"');
  return { ...without, p4DeviceConfig: Buffer.from(json) };
}

test('state that the new program cannot have is named, and the old program goes on', async () => {
  const without = withoutFilter();
  await client.write(INSERT, bridge(1n, 2), filtered);
  const failure = await reconcile(without);
  expect(failure).toEqual({
    code: status.INVALID_ARGUMENT,
    message: 'table switching.filter has entries, but is not in the new program or has other keys',
  });
  expect(await readTables(client, { $case: 'tableEntry', value: {} })).toHaveLength(4);
  expect((await client.getConfig(1))?.cookie).toEqual({ cookie: 42n });
  await client.write(Update_Type.DELETE, filtered);
  expect(await reconcile(without)).toBeUndefined();
  expect(await readTables(client, table('bridge'))).toHaveLength(1);
});

test('the first config and no config', async () => {
  expect(await reconcile(undefined)).toMatchObject({ code: status.INVALID_ARGUMENT });
  const broken = { ...config, p4DeviceConfig: Buffer.from('{}') };
  expect(await reconcile(broken)).toMatchObject({ code: status.INVALID_ARGUMENT });
});
