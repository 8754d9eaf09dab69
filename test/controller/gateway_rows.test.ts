/** What the controller writes for services that the gateway terminates. */
import { parseConfig } from '../../src/config/load';
import { fixedRows } from '../../src/controller/fixed_rows';
import { planChecks } from '../../src/controller/check_plan';
import { Network } from '../../src/controller/network';
import { planSeries } from '../../src/controller/series';
import { findTable } from '../../src/dataplane/tables';
import { exampleWith } from '../config/example';

const GATEWAY_PORT = `  - { name: gateway, number: 9, role: gateway, mac: 02:00:00:00:03:01, interface: gateway }
routes:
`;
const network = new Network(
  parseConfig(
    exampleWith(
      ['routes:\n', GATEWAY_PORT],
      [
        '      - { name: nfs-tcp, protocol: tcp, port: 2049, program: nfs, mode: session, pool: all }\n',
        `      - { name: nfs-tcp, protocol: tcp, port: 2049, program: nfs, mode: terminate, pool: all, records: { sample: 4 } }
      - { name: mount-tcp, protocol: tcp, port: 20048, program: mount, mode: terminate, pool: all }
      - { name: portmap, protocol: udp, port: 111, program: portmap, mode: terminate, pool: all }
`,
      ],
    ),
    'x.yaml',
  ),
);
const rows = fixedRows(network);
const readable = (table: string) =>
  rows.filter((row) => row.table === table).map(({ entry }) => findTable(table)?.readable(entry));
const VIP = '10.0.1.100';
const service = (role: string, protocol: number, dst_port: number, action: string, params: object) => ({
  key: { role, dst_addr: VIP, protocol, dst_port },
  action,
  params,
});

test('connections go to the host, what the gateway asks is placed by request', () => {
  const id = (name: string) => network.serviceId('files', name);
  const pool_id = network.poolId('files', 'all');
  expect(readable('virtual_service')).toEqual(
    expect.arrayContaining([
      service('external', 6, 2049, 'terminate', { service_id: id('nfs-tcp') }),
      service('external', 6, 20048, 'terminate', { service_id: id('mount-tcp') }),
      service('external', 17, 111, 'terminate', { service_id: id('portmap') }),
      service('external', 17, 2049, 'request', { service_id: id('nfs-udp'), pool_id, sample_below: 0 }),
      service('gateway', 17, 2049, 'request', { service_id: id('nfs-tcp'), pool_id, sample_below: 16384 }),
      service('gateway', 17, 20048, 'request', { service_id: id('mount-tcp'), pool_id, sample_below: 0 }),
    ]),
  );
  expect(readable('virtual_service').filter((row) => row?.key.role === 'gateway')).toHaveLength(2);
});

test('answers to the gateway’s ports go to the gateway', () => {
  expect(readable('gateway')).toEqual([
    {
      key: { src_addr: VIP },
      action: 'to_gateway',
      params: { gateway_port: 9, gateway_mac: '02:00:00:00:03:01' },
    },
  ]);
  expect(readable('gateway_reply').map((row) => row?.key)).toEqual(
    [2049, 20048].flatMap((src_port) => [
      { src_addr: VIP, src_port, dst_port: '512/10' },
      { src_addr: VIP, src_port, dst_port: '64512/6' },
    ]),
  );
});

test('stores are asked for what they serve, which portmap is not; requests have their response times', () => {
  const services = planChecks(network).flatMap(({ target }) => target.services);
  expect(new Set(services)).toEqual(new Set(['nfs-udp', 'nfs-tcp', 'mount-udp', 'mount-tcp']));
  const series = new Set(planSeries(network).series.map(({ service }) => service));
  expect(series).toEqual(new Set(['nfs-udp', 'mount-udp', 'nfs-tcp', 'mount-tcp']));
});

test('without a gateway there are no entries of it', () => {
  const plain = fixedRows(new Network(parseConfig(exampleWith(), 'x.yaml')));
  expect(plain.filter(({ table }) => table.startsWith('gateway'))).toEqual([]);
});

test('connections to SMB shares go to the host, and are no service’s', () => {
  const shares = `    smb: { shares: [{ name: home, export: /home, hosts_allow: [10.0.1.0/24] }] }\n`;
  const text = exampleWith(
    ['    address: 10.0.1.100\n', `    address: 10.0.1.100\n${shares}`],
    [
      '    services:\n',
      '    services:\n      - { name: portmap, protocol: udp, port: 111, program: portmap, mode: request, pool: all }\n',
    ],
  );
  const smb = fixedRows(new Network(parseConfig(text, 'x.yaml')))
    .filter(({ table }) => table === 'virtual_service')
    .map(({ entry }) => findTable('virtual_service')?.readable(entry))
    .filter((row) => row?.key.dst_port === 445);
  expect(smb).toEqual([service('external', 6, 445, 'terminate', { service_id: 0 })]);
});
