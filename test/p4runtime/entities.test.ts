import fc from 'fast-check';
import { Entity as WireEntity, TableEntry as WireTableEntry } from 'p4runtime-js';
import {
  action,
  EncodingError,
  exact,
  lpm,
  optional,
  range,
  ternary,
  type Entity,
  type EntityState,
  type TableEntry,
  type UpdateType,
} from '../../src/p4runtime';
import { decodeEntity, encodeEntity } from '../../src/p4runtime/entities';
import { decodeTableEntry, encodeTableEntry } from '../../src/p4runtime/table_entry';
import { schema, tableEntry, writable_tables } from './arbitrary';

/** Through the bytes that go over the wire. */
function roundTrip(entity: Entity): EntityState {
  const wire = encodeEntity(schema, entity);
  return decodeEntity(schema, WireEntity.decode(WireEntity.encode(wire).finish()));
}

describe.each(writable_tables.map((table) => [table.name, table] as const))('%s', (_name, table) => {
  test('encoding is canonical: decoded and encoded again it is the same bytes', () => {
    fc.assert(
      fc.property(tableEntry(table), (entry) => {
        const bytes = WireTableEntry.encode(encodeTableEntry(schema, entry)).finish();
        const decoded = decodeTableEntry(schema, WireTableEntry.decode(bytes));
        expect(WireTableEntry.encode(encodeTableEntry(schema, decoded)).finish()).toEqual(bytes);
        expect(decoded.action).toEqual(entry.action);
        expect(decoded.priority).toEqual(entry.priority);
      }),
    );
  });

  test('a target that pads its values and sends what does not matter is understood', () => {
    fc.assert(
      fc.property(tableEntry(table), (entry) => {
        const wire = encodeTableEntry(schema, entry);
        const padded = structuredClone(wire);
        padded.metadata = wire.metadata;
        const pad = (bytes: Uint8Array) => Buffer.concat([Buffer.alloc(2), bytes]);
        for (const { fieldMatchType: type } of padded.match) {
          if (type?.$case === 'exact' || type?.$case === 'lpm') type.value.value = pad(type.value.value);
          if (type?.$case === 'ternary') type.value.mask = pad(type.value.mask);
        }
        padded.match.reverse();
        expect(decodeTableEntry(schema, padded)).toEqual(decodeTableEntry(schema, wire));
      }),
    );
  });
});

test('bits that do not matter are cleared, fields that match everything left out', () => {
  const route: TableEntry = {
    table: 'ingress.route',
    match: { note: exact(1), dst: lpm(0x0a0b0c0d, 8) },
    action: action('ingress.drop'),
  };
  expect(roundTrip(route)).toMatchObject({ match: { note: exact(1), dst: lpm(0x0a000000, 8) } });
  const acl: TableEntry = {
    table: 'ingress.acl',
    match: { src: ternary(0xffffffff, 0x0f), length: range(0, 0xffff) },
    priority: 1,
    action: action('ingress.nothing'),
  };
  expect(roundTrip(acl)).toMatchObject({ match: { src: ternary(0x0f, 0x0f) } });
});

const bridge = (more: Partial<TableEntry>): TableEntry => ({
  table: 'bridge',
  match: { dst: exact(1) },
  action: action('forward', { port: 1 }),
  ...more,
});
const acl = (more: Partial<TableEntry>): TableEntry => ({
  table: 'acl',
  match: {},
  priority: 1,
  action: action('nothing'),
  ...more,
});

const mistakes: [string, Entity, RegExp, UpdateType?][] = [
  ['a missing exact field', bridge({ match: {} }), /table ingress\.bridge: dst: missing; .*48 bits/],
  [
    'an unknown field',
    bridge({ match: { dts: exact(1) } }),
    /bridge: dts: no such key field; the key is dst/,
  ],
  [
    'a value too wide',
    bridge({ match: { dst: exact(1n << 48n) } }),
    /bridge: dst: value 281474976710656 \(0x1000000000000\) does not fit in 48 bits/,
  ],
  ['a negative value', bridge({ match: { dst: exact(-1) } }), /dst: value -1 is negative/],
  ['another match kind', bridge({ match: { dst: ternary(1, 1) } }), /dst: is matched exact, not ternary/],
  ['a priority where none is', bridge({ priority: 3 }), /bridge: priority: is 3, but .* has no priority/],
  ['no action', { table: 'bridge', match: { dst: exact(1) } }, /bridge: action: missing/],
  [
    'an action of another table',
    bridge({ action: action('mark') }),
    /has no action mark; it has ingress\.forward/,
  ],
  [
    'a missing parameter',
    bridge({ action: action('forward') }),
    /bridge: action ingress\.forward: port: missing; a value of 9 bits is needed/,
  ],
  ['a parameter too wide', bridge({ action: action('forward', { port: 512 }) }), /port: value 512 .* 9 bits/],
  ['an unknown parameter', bridge({ action: action('drop', { x: 1 }) }), /x: no such parameter; it has none/],
  [
    'an idle timeout',
    bridge({ idle_timeout_ns: 1n }),
    /idle_timeout_ns: is 1, but the table has no idle timeouts/,
  ],
  [
    'a meter',
    bridge({ meter: { cir: 1n, cburst: 1n, pir: 1n, pburst: 1n } }),
    /meter: the table has no direct meter/,
  ],
  ['no priority', { table: 'acl', match: {}, action: action('nothing') }, /acl: priority: missing/],
  ['priority 0', acl({ priority: 0 }), /priority: 0 is not a whole number from 1 to/],
  ['a mask too wide', acl({ match: { src: ternary(1, 1n << 32n) } }), /src: mask 4294967296 .* 32 bits/],
  ['a range upside down', acl({ match: { length: range(2, 1) } }), /length: low end 2 is above high end 1/],
  [
    'a prefix too long',
    { table: 'route', match: { note: exact(1), dst: lpm(1, 33) }, action: action('drop') },
    /route: dst: prefix length 33 is not from 0 to 32/,
  ],
  [
    'a default-only action in an entry',
    { table: 'route', match: { note: exact(1) }, action: action('nothing') },
    /nothing can only be the default action/,
  ],
  [
    'a table-only action as default',
    { table: 'route', match: {}, is_default: true, action: action('rewrite', { src: 1, dst: 1, port: 1 }) },
    /rewrite cannot be the default action/,
    'modify',
  ],
  [
    'an inserted default',
    bridge({ match: {}, is_default: true }),
    /the default action takes modify, not insert/,
  ],
  ['a const default', { table: 'fixed', match: {}, is_default: true }, /default action is const/, 'modify'],
  [
    'a const entry',
    { table: 'fixed', match: { type: exact(1) }, action: action('note') },
    /entries are const/,
  ],
  [
    'an action where a member is due',
    { table: 'balance', match: { dst: exact(1) }, action: action('drop') },
    /member_id/,
  ],
  ['a member where an action is due', bridge({ action: { member_id: 1 } }), /has no action profile/],
  [
    'weight 0',
    {
      table: 'balance',
      match: { dst: exact(1) },
      action: { one_shot: [{ action: action('drop'), weight: 0 }] },
    },
    /weight: 0 is not a whole number above 0/,
  ],
  [
    'a counter index too high',
    { counter: 'port_count', index: 256, packets: 0n, bytes: 0n },
    /from 0 to 255/,
  ],
  [
    'multicast group 0',
    { multicast_group: 0, replicas: [] },
    /multicast group 0: multicast_group: 0 is below 1/,
  ],
  [
    'a replica twice',
    { multicast_group: 1, replicas: [1, 1].map((port) => ({ port, instance: 0 })) },
    /multicast group 1: replicas: \(port, instance\) \(1, 0\) is there twice/,
  ],
  ['clone session 0', { clone_session: 0, replicas: [] }, /clone session 0: clone_session: 0 is below 1/],
];

test.each(mistakes)('%s is caught before it is sent', (_what, entity, problem, use = 'insert') => {
  expect(() => encodeEntity(schema, entity, use)).toThrow(EncodingError);
  expect(() => encodeEntity(schema, entity, use)).toThrow(problem);
});

const others: Entity[] = [
  { counter: 'ingress.port_count', index: 3, packets: 5n, bytes: 1n << 40n },
  { direct_counter_of: { table: 'ingress.bridge', match: { dst: exact(1) } }, packets: 1n, bytes: 64n },
  { meter: 'ingress.port_meter', index: 1, config: { cir: 1n, cburst: 2n, pir: 3n, pburst: 4n } },
  { direct_meter_of: { table: 'ingress.acl', match: { protocol: optional(1) }, priority: 2 } },
  { register: 'ingress.last_seen', index: 7, value: 0xffffffffn },
  { digest: 'seen_t', max_timeout_ns: 1n, max_list_size: 2, ack_timeout_ns: 3n },
  {
    multicast_group: 1,
    replicas: [
      { port: 1, instance: 2, backups: [{ port: 3, instance: 4 }] },
      { port: 511, instance: 0 },
    ],
    metadata: Buffer.of(1),
  },
  { clone_session: 1, replicas: [{ port: 255, instance: 0 }], class_of_service: 1, packet_length_bytes: 64 },
  { action_profile: 'ingress.next_hops', member_id: 1, action: action('ingress.forward', { port: 1 }) },
  {
    action_profile: 'ingress.next_hops',
    group_id: 1,
    members: [{ member_id: 1, weight: 2, watch_port: Buffer.of(7) }],
    max_size: 8,
  },
  {
    table: 'ingress.balance',
    match: { dst: exact(1) },
    action: { one_shot: [{ action: action('ingress.drop'), weight: 2, watch_port: Buffer.of(1) }] },
  },
];

test.each(others)('%j comes back', (entity) => {
  expect(roundTrip(entity)).toEqual(entity);
});
