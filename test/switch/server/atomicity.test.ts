import { status } from '@grpc/grpc-js';
import { Entity, Update_Type, type Update, WriteRequest_Atomicity as Atomicity } from 'p4runtime-js';
import {
  action,
  bridge,
  DeviceUnderTest,
  ethernet,
  id,
  readTables,
  table,
  update,
  type EntityOf,
} from './device_under_test';
import { bytes, type RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;

let dut: DeviceUnderTest;
let client: RawClient;

beforeEach(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterEach(() => dut.close());

const counter: EntityOf = { $case: 'counterEntry', value: { counterId: id('received') } };
const register: EntityOf = { $case: 'registerEntry', value: { registerId: id('last_source') } };
const groups: EntityOf = {
  $case: 'packetReplicationEngineEntry',
  value: { type: { $case: 'multicastGroupEntry', value: { multicastGroupId: 0 } } },
};
const sessions: EntityOf = {
  $case: 'packetReplicationEngineEntry',
  value: { type: { $case: 'cloneSessionEntry', value: { sessionId: 0 } } },
};

function group(multicastGroupId: number, port: number): EntityOf {
  const replicas = [{ portKind: { $case: 'egressPort' as const, value: port }, instance: 1 }];
  const value = { type: { $case: 'multicastGroupEntry' as const, value: { multicastGroupId, replicas } } };
  return { $case: 'packetReplicationEngineEntry', value };
}

function digest(maxListSize: number): EntityOf {
  const config = { maxListSize, maxTimeoutNs: 1n, ackTimeoutNs: 1n };
  return { $case: 'digestEntry', value: { digestId: id('seen_t'), config } };
}

/** Everything that can be read. */
async function state(): Promise<unknown[]> {
  const entities = await client.read(
    { $case: 'tableEntry', value: { counterData: {} } },
    table('bridge', { isDefaultAction: true, counterData: { byteCount: 0n, packetCount: 0n } }),
    counter,
    register,
    groups,
    sessions,
    { $case: 'digestEntry', value: {} },
  );
  return entities.map((entity) => Entity.toJSON(entity));
}

const changes: Update[] = [
  update(INSERT, bridge(3n, 3)),
  update(
    MODIFY,
    bridge(1n, 3, { metadata: Buffer.from('new'), counterData: { packetCount: 9n, byteCount: 9n } }),
  ),
  update(DELETE, bridge(2n, 0)),
  update(INSERT, bridge(2n, 1)),
  update(MODIFY, table('bridge', { isDefaultAction: true, action: action('send', 1) })),
  update(MODIFY, { $case: 'counterEntry', value: { counterId: id('received'), data: { packetCount: 5n } } }),
  update(MODIFY, {
    $case: 'registerEntry',
    value: { registerId: id('last_source'), data: { data: { $case: 'bitstring', value: bytes(7) } } },
  }),
  update(INSERT, group(4, 2)),
  update(MODIFY, group(3, 2)),
  update(DELETE, group(2, 0)),
  update(MODIFY, digest(4)),
];

beforeEach(async () => {
  const made = await client.write(
    INSERT,
    bridge(1n, 1, { metadata: Buffer.from('old'), idleTimeoutNs: 5n }),
    bridge(2n, 2),
    group(2, 1),
    group(3, 1),
    digest(2),
  );
  expect(made.code).toBe(0);
  dut.device.inject(1, ethernet(1n, 9n));
  dut.device.inject(1, ethernet(2n, 9n));
});

for (const atomicity of [Atomicity.ROLLBACK_ON_ERROR, Atomicity.DATAPLANE_ATOMIC]) {
  describe(Atomicity[atomicity] ?? '', () => {
    test('all is done where nothing fails', async () => {
      const before = await state();
      expect(await client.writeUpdates(changes, atomicity)).toEqual({ code: 0, details: [] });
      expect(await state()).not.toEqual(before);
      expect(await readTables(client, bridge(1n, 0, { action: undefined }))).toMatchObject([
        { action: action('send', 3), metadata: Buffer.from('new') },
      ]);
    });

    test('one failure, in the engine or before, and all is as it was', async () => {
      const before = await state();
      for (const [wrong, code] of [
        [update(INSERT, bridge(1n, 1)), status.ALREADY_EXISTS],
        [update(DELETE, bridge(77n, 1)), status.NOT_FOUND],
        [update(INSERT, bridge(1n << 48n, 1)), status.OUT_OF_RANGE],
        [update(MODIFY, group(9, 1)), status.NOT_FOUND],
      ] as const) {
        const result = await client.writeUpdates([...changes, wrong], atomicity);
        expect(result.code).toBe(status.UNKNOWN);
        expect(result.details.map((one) => one.code)).toEqual([...changes.map(() => status.ABORTED), code]);
        expect(result.details[0]?.message).toBe(
          `not done, because update ${changes.length} of the batch failed`,
        );
        expect(await state()).toEqual(before);
      }
      dut.sent.length = 0;
      dut.device.inject(1, ethernet(2n, 9n));
      expect(dut.sent.map(({ port }) => port)).toEqual([2]);
    });
  });
}

test('DATAPLANE_ATOMIC has its limit, and says so', async () => {
  const updates = Array.from({ length: 5000 }, () => update(MODIFY, bridge(1n, 2)));
  expect(await client.writeUpdates(updates, Atomicity.DATAPLANE_ATOMIC)).toMatchObject({
    code: status.UNIMPLEMENTED,
  });
  expect(await client.writeUpdates(updates, Atomicity.ROLLBACK_ON_ERROR)).toMatchObject({ code: 0 });
});

test('an unknown atomicity is INVALID_ARGUMENT', async () => {
  expect(await client.writeUpdates(changes, 9 as Atomicity)).toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
});

test('a failed insert leaves the counter of the entry that is there', async () => {
  const inserted = bridge(1n, 2, { counterData: { packetCount: 50n, byteCount: 50n } });
  const { details } = await client.write(INSERT, inserted);
  expect(details.map(({ code }) => code)).toEqual([status.ALREADY_EXISTS]);
  const read = bridge(1n, 1, { counterData: { packetCount: 0n, byteCount: 0n } });
  expect(await readTables(client, read)).toMatchObject([{ counterData: { packetCount: 1n } }]);
});

test('an entry that a failed batch deleted has been idle for as long as if it had stayed', async () => {
  await client.write(MODIFY, bridge(1n, 1, { idleTimeoutNs: 3_000_000n }));
  dut.now_us += 2000;
  dut.device.tick();
  const { details } = await client.writeUpdates(
    [update(DELETE, bridge(1n, 0)), update(DELETE, bridge(77n, 0))],
    Atomicity.ROLLBACK_ON_ERROR,
  );
  expect(details.map(({ code }) => code)).toEqual([status.ABORTED, status.NOT_FOUND]);
  const read = bridge(1n, 0, { action: undefined, timeSinceLastHit: { elapsedNs: 0n } });
  expect(await readTables(client, read)).toMatchObject([{ timeSinceLastHit: { elapsedNs: 2_000_000n } }]);
});
