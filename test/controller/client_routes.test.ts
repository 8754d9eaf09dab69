import { ClientRoutes, type ClientLimits } from '../../src/controller/client_routes';
import type { Neighbour } from '../../src/controller/neighbours';
import { Network, type NextHop } from '../../src/controller/network';
import type { RowChange } from '../../src/controller/table_writer';
import { clientKnown } from '../../src/dataplane/client_known';
import { clientRoute } from '../../src/dataplane/client_route';
import type { Row } from '../../src/dataplane/table';
import { encodeUdpFrame } from '../../src/wire/frame';
import { exampleConfig, PORT_MAC, requireFrame, STORE_MAC, VIP } from './example';
import { FakeClock } from './fake_clock';

const network = new Network(exampleConfig());
const CLIENT_MAC = '02:00:00:00:01:11';

function setUp(limits: Partial<ClientLimits> = {}) {
  const clock = new FakeClock();
  const lookups: { hop: NextHop; answer: (neighbour: Neighbour | undefined) => void }[] = [];
  const sent: { port: number; frame: Uint8Array }[] = [];
  const changes: RowChange[] = [];
  const clients = new ClientRoutes({
    network,
    clock,
    limits: {
      client_routes_max: 4,
      client_route_idle_ms: 600_000,
      clients_per_mac_max: 100,
      clients_per_second_max: 100,
      pending_frames_max: 6,
      pending_frames_per_address_max: 3,
      ...limits,
    },
    lookUp: (hop, answer) => lookups.push({ hop, answer }),
    send(port, frame) {
      sent.push({ port: port.number, frame });
      return true;
    },
    onChange: (some) => changes.push(...some),
  });
  const learn = (src_addr: string, ingress_port = 1, src_mac = CLIENT_MAC) =>
    clients.learn({ src_addr, ingress_port, src_mac });
  const resolve = (destination: string) => {
    const bytes = response(destination);
    clients.resolve(bytes, requireFrame(bytes));
  };
  const rows = () =>
    clients
      .rows()
      .flatMap(({ table, entry }) => (table === 'client_route' ? [clientRoute.readable(entry)] : []));
  return { clock, lookups, sent, clients, learn, resolve, rows, changes };
}

function response(destination: string): Uint8Array {
  return encodeUdpFrame(
    { sourceMac: STORE_MAC.store1, destinationMac: PORT_MAC(3), source: VIP, destination },
    { sourcePort: 2049, destinationPort: 900, payload: Buffer.from('an answer') },
  );
}

const place = (port_number: number, mac = CLIENT_MAC): Neighbour => {
  const port = network.port(port_number);
  if (port === undefined) throw new Error('no port');
  return { mac, port };
};

test('a client is learned once, in both tables', () => {
  const { clients, learn, rows, changes } = setUp();
  learn('10.0.1.11');
  learn('10.0.1.11');
  expect(changes.map(({ row, is_wanted }) => [row, is_wanted])).toEqual(
    clients.rows().map((row) => [row, true]),
  );
  expect(rows()).toEqual([
    {
      key: { dst_addr: '10.0.1.11/32' },
      action: 'client_route.forward',
      params: { port: 1, mac: CLIENT_MAC },
    },
  ]);
  const known = clients.rows().find(({ table }) => table === 'client_known');
  expect(known && clientKnown.readable(known.entry)).toMatchObject({
    key: { ingress_port: 1, src_mac: CLIENT_MAC, src_addr: '10.0.1.11' },
    idle_timeout_ms: 600_000,
  });
});

test('a client that moves takes its route along', () => {
  const { learn, rows, clients, changes } = setUp();
  learn('10.0.1.11');
  learn('10.0.1.11', 2, '02:00:00:00:01:99');
  expect(rows().map(({ params }) => params)).toEqual([{ port: 2, mac: '02:00:00:00:01:99' }]);
  expect(clients.counts.get('clients_moved')).toBe(1);
  expect(held(changes)).toEqual(new Set(clients.rows()));
});

test.each([
  ['a VIP', '10.0.1.100', 1, CLIENT_MAC, 'clients_refused_address'],
  ['our own address', '10.0.1.254', 1, CLIENT_MAC, 'clients_refused_address'],
  ['a store', '10.0.2.11', 1, CLIENT_MAC, 'clients_refused_address'],
  ["somebody in the stores' network", '10.0.2.77', 1, CLIENT_MAC, 'clients_refused_address'],
  ['a group', '224.0.0.1', 1, CLIENT_MAC, 'clients_refused_address'],
  ['nobody', '0.0.0.0', 1, CLIENT_MAC, 'clients_refused_address'],
  ['somebody to whom no way leads', '198.51.100.7', 1, CLIENT_MAC, 'clients_refused_address'],
  ['a client at an internal port', '10.0.1.11', 3, CLIENT_MAC, 'clients_refused_port'],
  ['a client at no port of ours', '10.0.1.11', 77, CLIENT_MAC, 'clients_refused_port'],
  ['a client with a group address', '10.0.1.11', 1, '01:00:5e:00:00:01', 'clients_refused_mac'],
  ['a client with our own MAC address', '10.0.1.11', 1, PORT_MAC(2), 'clients_refused_mac'],
] as const)('a claim to be %s is counted, not believed', (_what, address, port, mac, count) => {
  const { clients, learn } = setUp();
  learn(address, port, mac);
  expect(clients.size).toBe(0);
  expect(clients.counts.get(count)).toBe(1);
});

test('when the table is full the longest unused gives way', () => {
  const { clock, clients, learn, rows, changes } = setUp();
  for (const host of [1, 2, 3, 4]) {
    learn(`10.0.1.${host}`);
    clock.advance(1000);
  }
  clients.noteUse([['10.0.1.1', 0]]);
  learn('10.0.1.5');
  expect(clients.size).toBe(4);
  expect(rows().map(({ key }) => key.dst_addr)).not.toContain('10.0.1.2/32');
  expect(clients.counts.get('clients_evicted')).toBe(1);
  expect(held(changes)).toEqual(new Set(clients.rows()));
});

test('an idle client is forgotten, but not because of where it was before', () => {
  const { clients, learn } = setUp();
  learn('10.0.1.11');
  learn('10.0.1.11', 2);
  clients.age({ ingress_port: 1, src_mac: CLIENT_MAC, src_addr: '10.0.1.11' });
  expect(clients.size).toBe(1);
  clients.age({ ingress_port: 2, src_mac: CLIENT_MAC, src_addr: '10.0.1.11' });
  expect(clients.size).toBe(0);
});

test('a response without route waits for ARP, then leaves with nothing but its Ethernet addresses changed', () => {
  const { clients, lookups, sent, resolve, rows } = setUp();
  resolve('10.0.1.11');
  resolve('10.0.1.11');
  expect(sent).toEqual([]);
  expect(lookups).toHaveLength(1);
  expect(lookups[0]?.hop).toMatchObject({ address: '10.0.1.11', ports: [{ number: 1 }] });
  lookups[0]?.answer(place(1));
  expect(sent.map(({ port }) => port)).toEqual([1, 1]);
  const before = response('10.0.1.11');
  const after = sent[0]?.frame ?? new Uint8Array();
  expect(requireFrame(after).ethernet).toMatchObject({ destination: CLIENT_MAC, source: PORT_MAC(1) });
  expect(Buffer.from(after.subarray(12))).toEqual(Buffer.from(before.subarray(12)));
  expect(rows()).toHaveLength(1);
  expect(clients.counts.get('frames_resolved')).toBe(2);
});

test('a client behind a router is reached through it', () => {
  const { lookups, sent, resolve, rows } = setUp();
  resolve('192.0.2.7');
  expect(lookups[0]?.hop).toMatchObject({ address: '10.0.3.1', ports: [{ number: 2 }] });
  lookups[0]?.answer(place(2, '02:00:00:00:03:01'));
  expect(sent[0]?.port).toBe(2);
  expect(rows()[0]).toMatchObject({
    key: { dst_addr: '192.0.2.7/32' },
    params: { port: 2, mac: '02:00:00:00:03:01' },
  });
});

test('what nobody answers for, has no route, or is too much is dropped and counted', () => {
  const { clients, lookups, sent, resolve } = setUp();
  for (let i = 0; i < 5; i += 1) resolve('10.0.1.11');
  for (let i = 0; i < 5; i += 1) resolve('10.0.1.12');
  resolve('10.0.1.13');
  resolve('198.51.100.1');
  resolve('10.0.2.12');
  const { counts } = clients;
  expect(counts.get('frames_dropped_queue_full')).toBe(2 + 2 + 1);
  expect(counts.get('frames_dropped_no_route')).toBe(2);
  for (const { answer } of lookups) answer(undefined);
  expect(counts.get('frames_dropped_unresolved')).toBe(6);
  expect(sent).toEqual([]);
  resolve('10.0.1.13');
  expect(lookups).toHaveLength(3);
});

test('a response that crossed with the learning of its client is sent on at once', () => {
  const { sent, learn, resolve, lookups } = setUp();
  learn('10.0.1.11');
  resolve('10.0.1.11');
  expect(sent).toHaveLength(1);
  expect(lookups).toEqual([]);
});

test('what an earlier controller knew is kept if it would be learned today', () => {
  const { clients, changes } = setUp();
  clients.adopt({ ingress_port: 1, src_mac: CLIENT_MAC, src_addr: '10.0.1.11' }, 5000);
  clients.adopt({ ingress_port: 3, src_mac: CLIENT_MAC, src_addr: '10.0.1.12' }, 5000);
  clients.adopt({ ingress_port: 1, src_mac: CLIENT_MAC, src_addr: '10.0.1.100' }, 5000);
  expect(clients.size).toBe(1);
  expect(changes).toEqual([]);
});

test('of what an earlier controller knew, the longest unused has no room', () => {
  const { clients } = setUp({ client_routes_max: 2 });
  for (const host of [1, 2, 3]) {
    clients.adopt({ ingress_port: 1, src_mac: CLIENT_MAC, src_addr: `10.0.1.${host}` }, 5000 - host);
  }
  expect(
    clients
      .rows()
      .flatMap(({ table, entry }) => (table === 'client_route' ? [clientRoute.readKey(entry)] : [])),
  ).toEqual([2, 3].map((host) => ({ dst_addr: { address: `10.0.1.${host}`, length: 32 } })));
});

test('a request from a client for which frames wait sends them on, whatever ARP says later', () => {
  const { clients, lookups, sent, learn, resolve, rows } = setUp();
  resolve('10.0.1.11');
  learn('10.0.1.11');
  expect(sent.map(({ port }) => port)).toEqual([1]);
  lookups[0]?.answer(undefined);
  lookups[0]?.answer(place(1, '02:00:00:00:01:99'));
  expect(sent).toHaveLength(1);
  expect(rows()[0]?.params).toEqual({ port: 1, mac: CLIENT_MAC });
  expect(clients.counts.get('frames_dropped_unresolved')).toBe(0);
});

test('no MAC address has more clients than it may, until one of them is gone', () => {
  const { clients, learn } = setUp({ client_routes_max: 10, clients_per_mac_max: 2 });
  for (const host of [1, 2, 3]) learn(`10.0.1.${host}`);
  expect(clients.size).toBe(2);
  expect(clients.counts.get('clients_refused_mac_full')).toBe(1);
  learn('10.0.1.3', 1, '02:00:00:00:01:33');
  expect(clients.size).toBe(3);
  clients.age({ ingress_port: 1, src_mac: CLIENT_MAC, src_addr: '10.0.1.1' });
  learn('10.0.1.4');
  expect(clients.size).toBe(3);
});

test('one port teaches only so many clients per second, those of another port are learned', () => {
  const { clock, clients, learn } = setUp({ client_routes_max: 100, clients_per_second_max: 5 });
  for (let host = 1; host <= 20; host += 1) learn(`10.0.1.${host}`);
  expect(clients.size).toBe(5);
  expect(clients.counts.get('clients_refused_rate')).toBe(15);
  learn('10.0.3.7', 2);
  learn('10.0.1.1');
  expect(clients.size).toBe(6);
  expect(clients.counts.get('clients_refused_rate')).toBe(15);
  clock.advance(200);
  learn('10.0.1.20');
  learn('10.0.1.19');
  expect(clients.size).toBe(7);
});

/** The entries there are after all changes. */
function held(changes: readonly RowChange[]): Set<Row> {
  const rows = new Map<string, Row>();
  for (const { row, is_wanted } of changes) {
    if (is_wanted) rows.set(`${row.table} ${row.key}`, row);
    else rows.delete(`${row.table} ${row.key}`);
  }
  return new Set(rows.values());
}
