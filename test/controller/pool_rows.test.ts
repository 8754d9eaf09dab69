import { Network } from '../../src/controller/network';
import { poolRows } from '../../src/controller/pool_rows';
import { PoolAssignments, senderRows, type StoreFacts } from '../../src/controller/store_rows';
import { findTable } from '../../src/dataplane/tables';
import { parseConfig } from '../../src/config/load';
import { EXAMPLE } from '../config/example';

const text = EXAMPLE.replace(
  '      - { name: all,',
  '      - { name: primary, stores: [s1] }\n      - { name: all, policy: least-of-2,',
)
  .replace(
    '    address: 10.0.1.100\n',
    '    address: 10.0.1.100\n    exports: [{ name: home, handle: "43 ?? 00 01" }]\n',
  )
  .replace(
    'mode: request, pool: all }',
    'mode: request, pool: all, rules: [{ export: home, pool: primary }, { procedures: changes, pool: primary }] }',
  );
const network = new Network(parseConfig(text, 'x.yaml'));

const readable = (table: string) =>
  poolRows(network)
    .filter((row) => row.table === table)
    .map(({ entry }) => findTable(table)?.readable(entry));

test('pools say how they share out', () => {
  expect(readable('pool')).toEqual([
    {
      key: { pool_id: network.poolId('files', 'primary') },
      action: 'set_policy',
      params: { policy: 'hash', is_counted: 1, is_jumbo: 0 },
    },
    {
      key: { pool_id: network.poolId('files', 'all') },
      action: 'set_policy',
      params: { policy: 'least_of_2', is_counted: 1, is_jumbo: 0 },
    },
  ]);
});

test('without a pool by load nothing is counted', () => {
  const other = new Network(parseConfig(text.replace('least-of-2', 'round-robin'), 'x.yaml'));
  const counted = poolRows(other).map(
    ({ entry }) => findTable('pool')?.readable(entry)?.params?.['is_counted'],
  );
  expect(counted.slice(0, 2)).toEqual([0, 0]);
});

test('only services with rules look at exports', () => {
  expect(readable('export')).toEqual([
    {
      key: {
        service_id: network.serviceId('files', 'nfs-udp'),
        handle_prefix: `43000001${'0'.repeat(24)}&&&ff00ffff${'0'.repeat(24)}`,
      },
      action: 'set_export',
      params: { export_id: network.exportId('files', 'home') },
      priority: 1,
    },
  ]);
});

test('the first rule stands highest; changes are all that may not go anywhere, known or not', () => {
  const rows = readable('capability');
  const service_id = network.serviceId('files', 'nfs-udp');
  const params = { pool_id: network.poolId('files', 'primary') };
  expect(rows[0]).toEqual({
    key: { service_id, export_id: network.exportId('files', 'home'), procedure_id: '*' },
    action: 'set_pool',
    params,
    priority: 2,
  });
  const ids = rows.slice(1).map((row) => row?.key['procedure_id']);
  // SETATTR and WRITE, but not READ; 0 are the procedures nobody lists.
  expect(ids).toEqual(expect.arrayContaining([3, 8, 0]));
  expect(ids).not.toContain(7);
  expect(rows[1]).toMatchObject({ key: { service_id, export_id: '*' }, priority: 1 });
});

test('draws offer stores that serve, and are written for policies that draw only', () => {
  const stores: StoreFacts[] = ['s1', 's2', 's3'].map((name) => ({
    id: network.storeId(name),
    state: name === 's2' ? 'down' : 'up',
    place: undefined,
    config: { name },
  }));
  const assignments = new PoolAssignments(network);
  assignments.update(stores);
  const rows = assignments.rows().filter(({ table }) => table === 'draw');
  expect(rows).toHaveLength(1024);
  const offered = new Set(
    rows.flatMap(({ entry }) =>
      Object.entries(findTable('draw')?.readable(entry).params ?? {}).flatMap(([name, value]) =>
        name.startsWith('store_') ? [value] : [],
      ),
    ),
  );
  expect(offered).toEqual(new Set([network.storeId('s1'), network.storeId('s3')]));
});

test('stores that share a MAC address are not told apart by it', () => {
  const [port] = network.internal;
  if (port === undefined) throw new Error('an internal port');
  const at = (id: number, mac: string): StoreFacts => ({
    id,
    state: 'up',
    place: { mac, port },
    config: { name: `s${id}` },
  });
  const rows = senderRows([
    at(1, '02:00:00:00:00:01'),
    at(2, '02:00:00:00:00:02'),
    at(3, '02:00:00:00:00:01'),
    { ...at(4, ''), place: undefined },
  ]);
  expect(rows.map(({ entry }) => findTable('sender')?.readable(entry))).toEqual([
    { key: { src_mac: '02:00:00:00:00:02' }, action: 'set_sender', params: { store_id: 2 } },
  ]);
});
