/** The table definitions against the P4Info they must fit, and values there and back. */
import fc from 'fast-check';
import { ActionRef_Scope } from 'p4runtime-js';
import { decodeTableEntry, encodeTableEntry } from '../../src/p4runtime/table_entry';
import { P4Schema } from '../../src/p4runtime/p4info';
import { admit } from '../../src/dataplane/admit';
import { clientRoute } from '../../src/dataplane/client_route';
import { COUNTERS } from '../../src/dataplane/counters';
import { programFiles } from '../../src/dataplane/program';
import { slot } from '../../src/dataplane/slot';
import { store } from '../../src/dataplane/store';
import { findTable, TABLES } from '../../src/dataplane/tables';
import type { KeyFields, Row } from '../../src/dataplane/table';
import { bigintToMac, numberToIpv4 } from '../../src/wire/address';

const schema = P4Schema.load(programFiles().p4info);
/** As a target sends it back: names in full, fields and parameters in the order of their ids. */
const readBack = (row: Row) => decodeTableEntry(schema, encodeTableEntry(schema, row.entry));

test('every table of the program is defined, and no other', () => {
  expect(TABLES.map(({ name }) => name)).toEqual([...schema.tables].map(({ alias }) => alias));
});

test.each(TABLES.map((table) => [table.name, table] as const))(
  '%s has the key and actions of the program',
  (name, table) => {
    const info = schema.tables.get(name);
    const key = Object.entries(table.key as KeyFields).map(([field, { kind, width_bits }]) => ({
      name: field,
      kind,
      width_bits,
    }));
    expect(key).toEqual(info.key.map(({ name, kind, width_bits }) => ({ name, kind, width_bits })));
    const actions = Object.entries(table.actions as Record<string, Record<string, { width_bits: number }>>);
    const defaultOnly = new Set(
      info.info.actionRefs.filter(({ scope }) => scope === ActionRef_Scope.DEFAULT_ONLY).map(({ id }) => id),
    );
    const expected = info.actions.filter(({ id }) => !defaultOnly.has(id));
    expect(actions.map(([action]) => action).sort()).toEqual(expected.map(({ alias }) => alias).sort());
    for (const [action, params] of actions) {
      const widths = Object.entries(params).map(([param, { width_bits }]) => ({ name: param, width_bits }));
      const wanted = schema.actions.get(action).params.map(({ name, width_bits }) => ({ name, width_bits }));
      expect(widths).toEqual(wanted);
    }
  },
);

test('the counters are those of the program', () => {
  expect(Object.values(COUNTERS).sort()).toEqual([...schema.counters].map(({ alias }) => alias).sort());
});

const macs = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }).map(bigintToMac);
const addresses = fc.nat(0xffffffff).map(numberToIpv4);

test('what is read back has the key and value of what was written', () => {
  const rows = fc.oneof(
    fc
      .tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff))
      .map(([pool_id, number, store_id, standby_id]) =>
        slot.row({ pool_id, slot: number }, { name: 'choose', params: { store_id, standby_id } }),
      ),
    fc
      .tuple(fc.nat(0xffff), macs, fc.nat(511))
      .map(([store_id, mac, port]) =>
        store.row({ store_id }, { name: 'store.forward', params: { mac, port } }),
      ),
    fc
      .tuple(addresses, fc.nat(32), macs, fc.nat(511))
      .map(([address, length, mac, port]) =>
        clientRoute.row(
          { dst_addr: { address, length } },
          { name: 'client_route.forward', params: { mac, port } },
        ),
      ),
    fc
      .tuple(macs, macs, addresses, fc.integer({ min: 1, max: 1000 }))
      .map(([value, mask, dst_addr, priority]) =>
        admit.row(
          { role: 'external', src_mac: { value, mask }, dst_addr },
          { name: 'allow', params: {} },
          { priority },
        ),
      ),
  );
  fc.assert(
    fc.property(rows, (row) => {
      const entry = readBack(row);
      const again = findTable(entry.table)?.rowOf(entry);
      expect(again).toMatchObject({ table: row.table, key: row.key, value: row.value });
    }),
  );
});

test('entries are read as typed values', () => {
  const entry = readBack(
    store.row({ store_id: 7 }, { name: 'store.forward', params: { mac: '02:00:00:00:02:11', port: 3 } }),
  );
  expect(store.readKey(entry)).toEqual({ store_id: 7 });
  expect(store.readAction(entry)).toEqual({
    name: 'store.forward',
    params: { mac: '02:00:00:00:02:11', port: 3 },
  });
});

test('entries are read in words', () => {
  const entry = readBack(
    admit.row(
      {
        role: 'external',
        src_addr: '10.0.1.100',
        src_mac: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' },
      },
      { name: 'deny', params: { reason: 'spoofed_vip' } },
      { priority: 30 },
    ),
  );
  expect(admit.readable(entry)).toEqual({
    key: {
      role: 'external',
      src_mac: '01:00:00:00:00:00&&&01:00:00:00:00:00',
      dst_mac: '*',
      src_addr: '10.0.1.100',
      dst_addr: '*',
    },
    action: 'deny',
    params: { reason: 'spoofed_vip' },
    priority: 30,
  });
  const named = slot.readable(
    readBack(slot.row({ pool_id: 1, slot: 5 }, { name: 'choose', params: { store_id: 7, standby_id: 0 } })),
    (field, value) => (field.endsWith('_id') && value === 7 ? 'store1' : undefined),
  );
  expect(named).toMatchObject({
    key: { pool_id: 1, slot: 5 },
    params: { store_id: 'store1', standby_id: 0 },
  });
});

test('a number that stands for nothing is shown as it is, but is no typed value', () => {
  const row = admit.row(
    { role: 'host' },
    { name: 'deny', params: { reason: 'spoofed_vip' } },
    { priority: 1 },
  );
  const entry = { ...row.entry, action: { name: 'deny', params: { reason: 99n } } };
  expect(admit.readable(entry).params).toEqual({ reason: 99 });
  expect(admit.readAction(entry)).toBeUndefined();
});
