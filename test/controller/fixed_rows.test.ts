/** What the fixed entries make of a packet, by the rules of their tables: the entries themselves are not repeated here. */
import { fixedRows } from '../../src/controller/fixed_rows';
import { Network } from '../../src/controller/network';
import { P4Schema } from '../../src/p4runtime';
import { encodeTableEntry } from '../../src/p4runtime/table_entry';
import { admit } from '../../src/dataplane/admit';
import { programFiles } from '../../src/dataplane/program';
import type { Row } from '../../src/dataplane/table';
import { findTable } from '../../src/dataplane/tables';
import { ipv4ToNumber, macToBigint, MAC_BROADCAST } from '../../src/wire/address';
import { ROLE } from '../../src/dataplane/constants';
import { exampleConfig, PORT_MAC, STORE_MAC, VIP } from './example';

const network = new Network(exampleConfig());
const rows = fixedRows(network);
const readable = (table: string) =>
  rows.filter((row) => row.table === table).map(({ entry }) => findTable(table)?.readable(entry));

test('every entry fits the program, and none is there twice', () => {
  const schema = P4Schema.load(programFiles().p4info);
  for (const { entry } of rows) expect(() => encodeTableEntry(schema, entry)).not.toThrow();
  const keys = rows.map(({ table, key }) => `${table} ${key}`);
  expect(new Set(keys).size).toBe(keys.length);
});

/** The action of the entry of the highest priority that matches, as a ternary table finds it. */
function admitted(
  role: keyof typeof ROLE,
  src_mac: string,
  dst_mac: string,
  src_addr: string,
  dst_addr = VIP,
): string {
  const values: Record<string, bigint> = {
    role: BigInt(ROLE[role]),
    src_mac: macToBigint(src_mac),
    dst_mac: macToBigint(dst_mac),
    src_addr: BigInt(ipv4ToNumber(src_addr)),
    dst_addr: BigInt(ipv4ToNumber(dst_addr)),
  };
  const matches = ({ entry }: Row) =>
    Object.entries(entry.match).every(
      ([field, match]) => match.kind === 'ternary' && ((values[field] ?? 0n) & match.mask) === match.value,
    );
  const [best] = rows
    .filter(({ table }) => table === 'admit')
    .filter(matches)
    .sort((a, b) => (b.entry.priority ?? 0) - (a.entry.priority ?? 0));
  if (best === undefined) return 'not admitted';
  const { action, params } = admit.readable(best.entry);
  return action === 'deny' ? String(params.reason) : action;
}

const CLIENT = '02:00:00:00:01:11';
const STORE = STORE_MAC.store1;
const GROUP = '01:00:5e:00:00:05';

test.each([
  ['a request', 'external', CLIENT, PORT_MAC(1), '10.0.1.11', 'allow'],
  ['a request by the other client port', 'external', CLIENT, PORT_MAC(2), '10.0.3.11', 'allow'],
  ['an ARP request', 'external', CLIENT, MAC_BROADCAST, '10.0.1.11', 'allow'],
  ['an OSPF hello', 'external', CLIENT, GROUP, '10.0.1.1', 'allow'],
  ['an ARP probe', 'external', CLIENT, MAC_BROADCAST, '0.0.0.0', 'allow'],
  ['a frame to somebody else', 'external', CLIENT, '02:00:00:00:77:77', '10.0.1.11', 'not admitted'],
  ['a VIP claimed from outside', 'external', CLIENT, MAC_BROADCAST, VIP, 'spoofed_vip'],
  ['a packet from a VIP from outside', 'external', CLIENT, PORT_MAC(1), VIP, 'spoofed_vip'],
  ['our own address from outside', 'external', CLIENT, PORT_MAC(1), '10.0.2.254', 'spoofed_own'],
  ['our own address from inside', 'internal', STORE, PORT_MAC(3), '10.0.1.254', 'spoofed_own'],
  ['a group address as source', 'external', GROUP, PORT_MAC(1), '10.0.1.11', 'bad_source_mac'],
  ['the same in a VIP’s name', 'external', GROUP, PORT_MAC(1), VIP, 'bad_source_mac'],
  ['a response', 'internal', STORE, PORT_MAC(3), VIP, 'allow'],
  ['a store that claims the VIP before all', 'internal', STORE, MAC_BROADCAST, VIP, 'spoofed_vip'],
  ['a store that asks for our address', 'internal', STORE, MAC_BROADCAST, '10.0.2.11', 'allow'],
  ['an ARP reply of a store', 'internal', STORE, PORT_MAC(3), '10.0.2.11', 'allow'],
  ['a store to a client directly', 'internal', STORE, CLIENT, VIP, 'not admitted'],
  ['what the host sends, in our name', 'host', PORT_MAC(1), CLIENT, '10.0.1.254', 'allow'],
] as const)(
  '%s: %s frame from %s to %s with source %s: %s',
  (_what, role, src_mac, dst_mac, src_addr, expected) => {
    expect(admitted(role, src_mac, dst_mac, src_addr)).toBe(expected);
  },
);

test('VIPs answer ARP on external ports only, own addresses where no host does', () => {
  const answers = readable('arp').map(
    (row) => `${row?.key.ingress_port} ${row?.key.target_addr} ${row?.params.mac}`,
  );
  expect(answers.sort()).toEqual([
    `1 ${VIP} ${PORT_MAC(1)}`,
    `2 ${VIP} ${PORT_MAC(2)}`,
    `2 10.0.3.254 ${PORT_MAC(2)}`,
    `3 10.0.2.254 ${PORT_MAC(3)}`,
    `4 10.0.2.253 ${PORT_MAC(4)}`,
    `5 10.0.2.252 ${PORT_MAC(5)}`,
  ]);
});

test('a port and its shadow lead to each other', () => {
  const pairs = readable('host_port').map((row) => [row?.key.ingress_port, row?.params.port]);
  expect(pairs).toEqual([
    [1, 101],
    [101, 1],
  ]);
  expect(readable('port_role')).toContainEqual({
    key: { ingress_port: 101 },
    action: 'set_role',
    params: { role: 'host' },
  });
});

test('services lead to their pool, answers to health checks to the controller', () => {
  const pool_id = network.poolId('share', 'all');
  expect(readable('virtual_service')).toEqual([
    {
      key: { role: 'external', dst_addr: VIP, protocol: 17, dst_port: 2049 },
      action: 'request',
      params: { service_id: network.serviceId('share', 'nfs-udp'), pool_id, sample_below: 0 },
    },
    {
      key: { role: 'external', dst_addr: VIP, protocol: 6, dst_port: 2049 },
      action: 'session',
      params: { service_id: network.serviceId('share', 'nfs-tcp'), pool_id },
    },
    ...['10.0.2.254', '10.0.2.253', '10.0.2.252'].map((dst_addr) => ({
      key: { role: 'internal', dst_addr, protocol: 17, dst_port: 20490 },
      action: 'slow',
      params: { service_id: 0 },
    })),
  ]);
});

test.each([
  [undefined, 0],
  [1, 65536],
  [4, 16384],
  [1000, 66],
  [65536, 1],
])('one request in %s is sampled: below %s of 65536', (sample, sample_below) => {
  const config = exampleConfig();
  const [service] = config.virtual_stores[0]?.services ?? [];
  if (service === undefined) throw new Error('an example without service');
  if (sample !== undefined) service.records = { sample };
  const row = fixedRows(new Network(config)).find(({ table }) => table === 'virtual_service');
  expect(row?.entry.action).toMatchObject({ params: { sample_below: BigInt(sample_below) } });
});

test('requests of a jumbo pool are combined, responses fit what clients take', () => {
  const config = exampleConfig();
  const [client] = config.ports;
  const [pool] = config.virtual_stores[0]?.pools ?? [];
  if (client === undefined || pool === undefined) throw new Error('an example without port or pool');
  client.mtu = 9000;
  pool.jumbo = 8000;
  const of = (table: string) =>
    fixedRows(new Network(config))
      .filter((row) => row.table === table)
      .map(({ entry }) => findTable(table)?.readable(entry));
  expect(of('pool')).toEqual([
    {
      key: { pool_id: network.poolId('share', 'all') },
      action: 'set_policy',
      params: { policy: 'hash', is_counted: 0, is_jumbo: 1 },
    },
  ]);
  expect(of('port_mtu').map((row) => [row?.key.out_port, row?.params.mtu])).toEqual([
    [1, 9000],
    [2, 1500],
  ]);
});

test('an address that several ports share is no contradiction', () => {
  const shared = exampleConfig();
  for (const port of shared.ports)
    if (port.role === 'internal') port.addresses = [{ address: '10.0.2.254', length: 24 }];
  const keys = fixedRows(new Network(shared)).map(({ table, key }) => `${table} ${key}`);
  expect(new Set(keys).size).toBe(keys.length);
});
