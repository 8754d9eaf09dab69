/** Requests most of which are wrong in one way: the embedded switch and BMv2 answer with the same code. */
import { status } from '@grpc/grpc-js';
import { Update_Type, type TableEntry } from 'p4runtime-js';
import { grpcAddress } from '../../../src/p4runtime/target';
import { embedded } from '../../targets/embedded';
import type { RunningTarget } from '../../targets/target';
import { bmv2 } from '../../targets/veth';
import { action, bridge, config, id, readFailure, table, type EntityOf } from './device_under_test';
import { bytes, RawClient } from './raw_client';

const { INSERT, MODIFY, DELETE } = Update_Type;

const exact = (value: Buffer): TableEntry['match'] => [
  { fieldId: 1, fieldMatchType: { $case: 'exact', value: { value } } },
];

const ternary = (value: number, mask: number): TableEntry['match'] => [
  { fieldId: 2, fieldMatchType: { $case: 'ternary', value: { value: bytes(value), mask: bytes(mask) } } },
];

const filter = (extra: Partial<TableEntry>): EntityOf =>
  table('filter', { priority: 5, action: action('drop'), ...extra });

const counter = (counterId: number, index?: bigint): EntityOf => ({
  $case: 'counterEntry',
  value: { counterId, index: index === undefined ? undefined : { index }, data: { packetCount: 1n } },
});

/** In this order; earlier ones that succeed are there for later ones. */
const writes: [string, Update_Type, EntityOf][] = [
  ['an entry', INSERT, bridge(1n, 1)],
  ['the same entry', INSERT, bridge(1n, 1)],
  [
    'an entry with leading zeros',
    INSERT,
    bridge(2n, 1, { match: exact(Buffer.from('000000000002', 'hex')) }),
  ],
  ['the same without', INSERT, bridge(2n, 1)],
  ['to modify what is not there', MODIFY, bridge(9n, 1)],
  ['to delete what is not there', DELETE, bridge(9n, 1)],
  ['an unknown table', INSERT, bridge(3n, 1, { tableId: 99 })],
  ['no match for an exact key', INSERT, bridge(3n, 1, { match: [] })],
  ['an action of another table', INSERT, bridge(3n, 1, { action: action('learn') })],
  ['an action only for the default', INSERT, bridge(3n, 1, { action: action('NoAction') })],
  ['a parameter too few', INSERT, bridge(3n, 1, { action: action('send') })],
  ['a priority without need', INSERT, bridge(3n, 1, { priority: 4 })],
  ['no priority where there must be', INSERT, filter({ priority: 0 })],
  ['bits beyond the mask', INSERT, filter({ match: ternary(3, 1) })],
  ['a mask of zero', INSERT, filter({ match: ternary(0, 0) })],
  ['a ternary entry', INSERT, filter({ match: ternary(1, 1) })],
  ['the same with another priority', INSERT, filter({ match: ternary(1, 1), priority: 6 })],
  [
    'an insert of the default entry',
    INSERT,
    table('bridge', { isDefaultAction: true, action: action('drop') }),
  ],
  ['a deletion of the default entry', DELETE, table('bridge', { isDefaultAction: true })],
  ['a default action', MODIFY, table('bridge', { isDefaultAction: true, action: action('drop') })],
  ['a default action with a match', MODIFY, bridge(1n, 1, { isDefaultAction: true })],
  [
    'a default action that is const',
    MODIFY,
    table('fixed', { isDefaultAction: true, action: action('drop') }),
  ],
  [
    'an insert into a const table',
    INSERT,
    table('fixed', { match: exact(bytes(5)), action: action('drop') }),
  ],
  ['a counter', MODIFY, counter(id('received'), 3n)],
  ['a counter that is inserted', INSERT, counter(id('received'), 3n)],
  ['an unknown counter', MODIFY, counter(99, 3n)],
  ['a counter cell below 0', MODIFY, counter(id('received'), -1n)],
  [
    'the direct counter of no entry',
    MODIFY,
    {
      $case: 'directCounterEntry',
      value: { tableEntry: { tableId: id('bridge'), match: exact(bytes(9)) }, data: { packetCount: 1n } },
    },
  ],
];

const reads: [string, EntityOf][] = [
  ['an unknown table', table('bridge', { tableId: 99 })],
  ['an unknown counter', counter(99)],
  ['a counter cell below 0', counter(id('received'), -1n)],
];

/** Where BMv2 does not answer what the specification says. */
const DELIBERATE = {
  'write an insert into a const table': 'PERMISSION_DENIED',
  'write the direct counter of no entry': 'NOT_FOUND',
};

async function codes(target: RunningTarget): Promise<Record<string, string | undefined>> {
  const { address } = target;
  const place = grpcAddress(address);
  const client = new RawClient(place, 1n, undefined, '', address.device_id);
  try {
    client.arbitrate();
    await client.status();
    expect(await client.setConfig(config)).toBeUndefined();
    const seen: Record<string, string | undefined> = {};
    for (const [name, type, entity] of writes) {
      const { code, details } = await client.write(type, entity);
      seen[`write ${name}`] = status[details[0]?.code ?? code];
    }
    for (const [name, entity] of reads) seen[`read ${name}`] = (await readFailure(client, entity)).code;
    return seen;
  } finally {
    client.close();
  }
}

const skipped = bmv2.skipped ?? embedded.skipped;
(skipped === undefined ? test : test.skip)(
  `the codes of BMv2${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  async () => {
    const targets = [await embedded.start([1, 2]), await bmv2.start([1, 2])];
    try {
      const [ours, theirs] = [
        await codes(targets[0] as RunningTarget),
        await codes(targets[1] as RunningTarget),
      ];
      expect(ours).toEqual({ ...theirs, ...DELIBERATE });
      for (const [name, code] of Object.entries(DELIBERATE)) expect(theirs[name]).not.toBe(code);
    } finally {
      for (const target of targets) await target.stop();
    }
  },
  60_000,
);
