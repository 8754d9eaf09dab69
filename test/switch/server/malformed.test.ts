import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { Entity, Update, Update_Type, WriteRequest_Atomicity } from 'p4runtime-js';
import { bridge, DeviceUnderTest, ethernet, id, readTables, table } from './device_under_test';
import { detailsOf, type RawClient } from './raw_client';
import type { ServiceError } from '@grpc/grpc-js';

let dut: DeviceUnderTest;
let client: RawClient;

beforeAll(async () => {
  ({ dut, client } = await DeviceUnderTest.start());
});

afterAll(() => dut.close());

const ids = [
  ...[
    'bridge',
    'filter',
    'fixed',
    'send',
    'drop',
    'learn',
    'received',
    'bridged',
    'last_source',
    'seen_t',
  ].map(id),
  0,
  1,
  0xffff_ffff,
];
const anyId = fc.constantFrom(...ids);
const u32 = fc.oneof(fc.constantFrom(0, 1, 2, 0x7fff_ffff, 0xffff_ffff), fc.nat(20));
const i32 = fc.oneof(fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000), fc.nat(20));
const i64 = fc.oneof(fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)), fc.bigInt(0n, 20n));
const octets = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const fieldMatchType = fc.oneof(
  fc.record({ $case: fc.constant('exact'), value: fc.record({ value: octets }) }),
  fc.record({ $case: fc.constant('optional'), value: fc.record({ value: octets }) }),
  fc.record({ $case: fc.constant('ternary'), value: fc.record({ value: octets, mask: octets }) }),
  fc.record({ $case: fc.constant('lpm'), value: fc.record({ value: octets, prefixLen: i32 }) }),
  fc.record({ $case: fc.constant('range'), value: fc.record({ low: octets, high: octets }) }),
);
const match = fc.array(fc.record({ fieldId: fc.nat(4), fieldMatchType: maybe(fieldMatchType) }), {
  maxLength: 4,
});
const params = fc.array(fc.record({ paramId: fc.nat(3), value: octets }), { maxLength: 3 });
const plainAction = fc.record({ actionId: anyId, params });
const action = fc.record({
  type: maybe(
    fc.oneof(
      fc.record({ $case: fc.constant('action'), value: plainAction }),
      fc.record({ $case: fc.constant('actionProfileMemberId'), value: u32 }),
      fc.record({ $case: fc.constant('actionProfileGroupId'), value: u32 }),
      fc.record({
        $case: fc.constant('actionProfileActionSet'),
        value: fc.record({
          actionProfileActions: fc.array(fc.record({ action: maybe(plainAction), weight: i32 }), {
            maxLength: 2,
          }),
        }),
      }),
    ),
  ),
});
const counterData = fc.record({ byteCount: i64, packetCount: i64 });
const index = maybe(fc.record({ index: i64 }));
const meterConfig = fc.record({ cir: i64, cburst: i64, pir: i64, pburst: i64, eburst: i64 });
const tableEntry = fc.record({
  tableId: anyId,
  match,
  action: maybe(action),
  priority: i32,
  isDefaultAction: fc.boolean(),
  idleTimeoutNs: i64,
  counterData: maybe(counterData),
  meterConfig: maybe(meterConfig),
  timeSinceLastHit: maybe(fc.record({ elapsedNs: i64 })),
  isConst: fc.boolean(),
  metadata: octets,
});
const data = fc.record({
  data: maybe(
    fc.oneof(
      fc.record({ $case: fc.constant('bitstring'), value: octets }),
      fc.record({ $case: fc.constant('bool'), value: fc.boolean() }),
      fc.record({ $case: fc.constant('struct'), value: fc.record({ members: fc.constant([]) }) }),
    ),
  ),
});
const replicas = fc.array(
  fc.record({
    portKind: maybe(
      fc.oneof(
        fc.record({ $case: fc.constant('egressPort'), value: u32 }),
        fc.record({ $case: fc.constant('port'), value: octets }),
      ),
    ),
    instance: u32,
  }),
  { maxLength: 3 },
);
const kinds: Record<string, fc.Arbitrary<unknown>> = {
  tableEntry,
  counterEntry: fc.record({ counterId: anyId, index, data: maybe(counterData) }),
  directCounterEntry: fc.record({ tableEntry: maybe(tableEntry), data: maybe(counterData) }),
  meterEntry: fc.record({ meterId: anyId, index, config: maybe(meterConfig) }),
  directMeterEntry: fc.record({ tableEntry: maybe(tableEntry), config: maybe(meterConfig) }),
  registerEntry: fc.record({ registerId: anyId, index, data: maybe(data) }),
  digestEntry: fc.record({
    digestId: anyId,
    config: maybe(fc.record({ maxTimeoutNs: i64, maxListSize: i32, ackTimeoutNs: i64 })),
  }),
  valueSetEntry: fc.record({ valueSetId: anyId, members: fc.array(fc.record({ match }), { maxLength: 2 }) }),
  actionProfileMember: fc.record({ actionProfileId: anyId, memberId: u32, action: maybe(plainAction) }),
  actionProfileGroup: fc.record({ actionProfileId: anyId, groupId: u32, maxSize: i32 }),
  externEntry: fc.record({ externTypeId: anyId, externId: anyId }),
  packetReplicationEngineEntry: fc.record({
    type: maybe(
      fc.oneof(
        fc.record({
          $case: fc.constant('multicastGroupEntry'),
          value: fc.record({ multicastGroupId: u32, replicas }),
        }),
        fc.record({
          $case: fc.constant('cloneSessionEntry'),
          value: fc.record({ sessionId: u32, replicas, classOfService: u32, packetLengthBytes: i32 }),
        }),
      ),
    ),
  }),
};
const entity = fc.oneof(
  fc.constant(Entity.fromPartial({})),
  ...Object.entries(kinds).map(([kind, value]) =>
    value.map((one) => Entity.fromPartial({ entity: { $case: kind, value: one } as never })),
  ),
);
const update = fc
  .record({ type: fc.constantFrom(0, 1, 2, 3, 9), entity: maybe(entity) })
  .map((one) => Update.fromPartial(one as Parameters<typeof Update.fromPartial>[0]));

/** What a request may be refused with; INTERNAL and the like are faults of the server. */
const REFUSALS = [
  'OK',
  'INVALID_ARGUMENT',
  'OUT_OF_RANGE',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'UNIMPLEMENTED',
  'ABORTED',
];

test('any write gets a canonical answer for each update, with a reason', async () => {
  const seen = new Set<string | undefined>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(update, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...[0, 1, 2]),
      async (updates, atomicity: WriteRequest_Atomicity) => {
        const { code, details } = await client.writeUpdates(updates, atomicity);
        expect([status.OK, status.UNKNOWN]).toContain(code);
        if (code === Number(status.OK)) return;
        expect(details).toHaveLength(updates.length);
        for (const one of details) {
          seen.add(status[one.code]);
          expect(REFUSALS).toContain(status[one.code]);
          expect(one.code === Number(status.OK) || one.message.length > 0).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
  // Otherwise the requests are not as varied as they should be.
  expect(seen.size).toBeGreaterThan(3);
});

test('any read gets a canonical answer', async () => {
  await fc.assert(
    fc.asyncProperty(entity, async (one) => {
      try {
        await client.read(one.entity as Parameters<RawClient['read']>[0]);
      } catch (error) {
        expect(REFUSALS).toContain(status[(error as ServiceError).code]);
        for (const { code } of detailsOf(error as ServiceError)) expect(REFUSALS).toContain(status[code]);
      }
    }),
    { numRuns: 300 },
  );
});

test('what is read can be written as it was read', async () => {
  await client.write(Update_Type.INSERT, bridge(7n, 1, { idleTimeoutNs: 3n, metadata: Buffer.from('m') }));
  const before = await client.read(table('bridge'), table('filter'));
  expect(before.length).toBeGreaterThan(0);
  for (const one of before) {
    const value = one.entity as ReturnType<typeof table>;
    expect(await client.write(Update_Type.MODIFY, value)).toMatchObject({ code: 0 });
  }
  expect(await client.read(table('bridge'), table('filter'))).toEqual(before);
});

test('and the switch still forwards', async () => {
  const entries = await readTables(client, table('bridge'), table('filter'));
  await client.write(
    Update_Type.DELETE,
    ...entries.map((value) => ({ $case: 'tableEntry' as const, value })),
  );
  expect(await client.write(Update_Type.INSERT, bridge(5n, 2))).toMatchObject({ code: 0 });
  dut.device.inject(1, ethernet(5n, 9n));
  expect(dut.sent.at(-1)?.port).toBe(2);
});
