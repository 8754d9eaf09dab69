/** What either target does of P4Runtime: the table of docs/reference/p4runtime.md. */
import { status, type ServiceError } from '@grpc/grpc-js';
import {
  CapabilitiesRequest,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  Update_Type,
  WriteRequest_Atomicity as Atomicity,
} from 'p4runtime-js';
import { grpcAddress } from '../../../src/p4runtime/target';
import { embedded } from '../../targets/embedded';
import type { RunningTarget } from '../../targets/target';
import { bmv2 } from '../../targets/veth';
import { action, bridge, config, id, table, update, type EntityOf } from './device_under_test';
import { bytes, RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;

const ports = (...backups: number[]) => [
  {
    portKind: { $case: 'port' as const, value: bytes(1) },
    instance: 1,
    backupReplicas: backups.map((port) => ({ port: bytes(port), instance: 1 })),
  },
];

const group = (multicastGroupId: number, ...backups: number[]): EntityOf => ({
  $case: 'packetReplicationEngineEntry',
  value: {
    type: { $case: 'multicastGroupEntry', value: { multicastGroupId, replicas: ports(...backups) } },
  },
});

const session = (sessionId: number, packetLengthBytes = 0): EntityOf => ({
  $case: 'packetReplicationEngineEntry',
  value: { type: { $case: 'cloneSessionEntry', value: { sessionId, replicas: ports(), packetLengthBytes } } },
});

const register: EntityOf = {
  $case: 'registerEntry',
  value: {
    registerId: id('last_source'),
    index: { index: 1n },
    data: { data: { $case: 'bitstring', value: bytes(5) } },
  },
};
const direct = (dst: bigint): EntityOf => {
  const entry = bridge(dst, 1);
  if (entry.$case !== 'tableEntry') throw new Error('not a table entry');
  return { $case: 'directCounterEntry', value: { tableEntry: entry.value, data: { packetCount: 2n } } };
};
const counter = (index?: bigint): EntityOf => ({
  $case: 'counterEntry',
  value: {
    counterId: id('received'),
    index: index === undefined ? undefined : { index },
    data: { packetCount: 1n },
  },
});
const digest: EntityOf = {
  $case: 'digestEntry',
  value: { digestId: id('seen_t'), config: { maxListSize: 1, maxTimeoutNs: 0n, ackTimeoutNs: 0n } },
};

type Step = (client: RawClient) => Promise<string>;

const write =
  (type: Update_Type, entity: EntityOf): Step =>
  async (client) => {
    const { code, details } = await client.write(type, entity);
    return status[details[0]?.code ?? code] ?? '';
  };

const batch =
  (atomicity: Atomicity): Step =>
  async (client) => {
    const { code } = await client.writeUpdates([update(INSERT, bridge(77n, 1))], atomicity);
    return status[code] ?? '';
  };

/** How many entities, or the code. */
const read =
  (entity: EntityOf): Step =>
  (client) =>
    client.read(entity).then(
      (entities) => `${entities.length}`,
      (error: ServiceError) => status[error.code] ?? '',
    );

const set =
  (how: SetAction): Step =>
  async (client) => {
    const failure = await client.setConfig(how === SetAction.COMMIT ? undefined : config, how);
    return status[failure?.code ?? 0] ?? '';
  };

const capabilities: Step = (client) =>
  new Promise((resolve) =>
    client.client.capabilities(CapabilitiesRequest.fromPartial({}), (error, response) =>
      resolve(error === null ? response.p4runtimeApiVersion : (status[error.code] ?? '')),
    ),
  );

/** In this order; each with what the embedded switch and BMv2 1.15 answer. */
const STEPS: [string, Step, string, string][] = [
  ['insert an entry', write(INSERT, bridge(1n, 1, { metadata: Buffer.from('m') })), 'OK', 'OK'],
  [
    'modify it without an action',
    write(MODIFY, bridge(1n, 1, { action: undefined })),
    'OK',
    'INVALID_ARGUMENT',
  ],
  ['read all of its table', read(table('bridge')), '1', '1'],
  ['read all tables', read({ $case: 'tableEntry', value: {} }), '3', '3'],
  ['read the default entry', read(table('bridge', { isDefaultAction: true })), '1', '1'],
  ['read by action', read(table('bridge', { action: action('drop') })), '0', '1'],
  ['read by metadata', read(table('bridge', { metadata: Buffer.from('other') })), '0', '1'],
  ['write a direct counter', write(MODIFY, direct(1n)), 'OK', 'OK'],
  ['read a direct counter', read(direct(1n)), '1', '1'],
  [
    'read all direct counters',
    read({ $case: 'directCounterEntry', value: { tableEntry: { tableId: id('bridge') } } }),
    '1',
    '1',
  ],
  ['write a counter', write(MODIFY, counter(1n)), 'OK', 'OK'],
  ['write all cells of a counter', write(MODIFY, counter()), 'OK', 'UNIMPLEMENTED'],
  ['read a counter', read(counter()), '16', '16'],
  ['read all counters', read({ $case: 'counterEntry', value: {} }), '16', '16'],
  ['write a register', write(MODIFY, register), 'OK', 'UNIMPLEMENTED'],
  ['read a register', read(register), '1', 'UNIMPLEMENTED'],
  ['insert a multicast group', write(INSERT, group(1)), 'OK', 'OK'],
  ['with backup replicas', write(INSERT, group(2, 2)), 'UNIMPLEMENTED', 'OK'],
  ['read multicast groups', read(group(0)), '1', '2'],
  ['insert a clone session', write(INSERT, session(1)), 'OK', 'OK'],
  ['with a packet length', write(INSERT, session(2, 100)), 'OK', 'UNKNOWN'],
  ['read clone sessions', read(session(0)), '2', '1'],
  ['configure a digest', write(INSERT, digest), 'OK', 'OK'],
  ['read digests', read({ $case: 'digestEntry', value: {} }), '1', 'UNIMPLEMENTED'],
  ['read all externs', read({ $case: 'externEntry', value: {} }), '0', 'UNKNOWN'],
  ['a batch ROLLBACK_ON_ERROR', batch(Atomicity.ROLLBACK_ON_ERROR), 'OK', 'UNIMPLEMENTED'],
  ['delete its entry', write(DELETE, bridge(77n, 1)), 'OK', 'NOT_FOUND'],
  ['a batch DATAPLANE_ATOMIC', batch(Atomicity.DATAPLANE_ATOMIC), 'OK', 'UNIMPLEMENTED'],
  ['Capabilities', capabilities, '1.4.1', '1.3.0'],
  ['VERIFY', set(SetAction.VERIFY), 'OK', 'OK'],
  ['VERIFY_AND_SAVE', set(SetAction.VERIFY_AND_SAVE), 'OK', 'OK'],
  ['COMMIT', set(SetAction.COMMIT), 'OK', 'OK'],
  ['RECONCILE_AND_COMMIT', set(SetAction.RECONCILE_AND_COMMIT), 'OK', 'UNKNOWN'],
];

async function answers(target: RunningTarget): Promise<Record<string, string>> {
  const { address } = target;
  const client = new RawClient(grpcAddress(address), 1n, undefined, '', address.device_id);
  try {
    client.arbitrate();
    await client.status();
    expect(await client.setConfig(config)).toBeUndefined();
    const seen: Record<string, string> = {};
    for (const [name, step] of STEPS) seen[name] = await step(client);
    return seen;
  } finally {
    client.close();
  }
}

for (const [which, target] of [
  [2, embedded],
  [3, bmv2],
] as const) {
  const { skipped } = target;
  (skipped === undefined ? test : test.skip)(
    `what the table says of ${target.name}${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
    async () => {
      const running = await target.start([1, 2]);
      try {
        expect(await answers(running)).toEqual(
          Object.fromEntries(STEPS.map((step) => [step[0], step[which]])),
        );
      } finally {
        await running.stop();
      }
    },
    60_000,
  );
}
