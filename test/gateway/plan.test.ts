import { parseConfig } from '../../src/config/load';
import { Network } from '../../src/controller/network';
import { planGateway } from '../../src/gateway/plan';
import { RPC_PROGRAM } from '../../src/wire/rpc';
import { exampleWith } from '../config/example';

const GATEWAY_PORT = `  - { name: gateway, number: 9, role: gateway, mac: 02:00:00:00:03:01, interface: gw0 }
routes:
`;
const TCP = '      - { name: nfs-tcp, protocol: tcp, port: 2049, program: nfs, mode: session, pool: all }\n';
const terminated = (protocol: string, port: number, program: string) =>
  `      - { name: ${program}-${protocol}-t, protocol: ${protocol}, port: ${port}, program: ${program}, mode: terminate, pool: all }\n`;

const plan = (services: string) =>
  planGateway(parseConfig(exampleWith(['routes:\n', GATEWAY_PORT], [TCP, services]), 'x.yaml'));

test('without services that end here there is nothing to do', () => {
  expect(plan(TCP)).toBeUndefined();
  expect(planGateway(parseConfig(exampleWith(), 'x.yaml'))).toBeUndefined();
});

test('NFS has a listener, MOUNT and portmap their front', () => {
  const services = [
    terminated('tcp', 2049, 'nfs'),
    terminated('tcp', 20048, 'mount'),
    terminated('tcp', 111, 'portmap'),
  ].join('');
  expect(plan(services)).toEqual({
    calls: {
      interface_name: 'gw0',
      mac: '02:00:00:00:03:01',
      packets: { sent_octets_max: 1500, received_octets_max: 1500, received_key: '' },
      listeners: [{ address: '10.0.1.100', port: 2049, program: RPC_PROGRAM.nfs }],
      fronts: [
        {
          address: '10.0.1.100',
          mount_port: 20048,
          services: [
            { program: RPC_PROGRAM.nfs, versions: [3], protocol: 'udp', port: 2049 },
            { program: RPC_PROGRAM.nfs, versions: [3], protocol: 'tcp', port: 2049 },
          ],
          stores: [
            { name: 's1', address: '10.0.2.11' },
            { name: 's2', address: '10.0.2.12' },
            { name: 's3', address: '10.0.2.13' },
          ],
          pools: [{ name: 'all', stores: ['s1', 's2', 's3'] }],
          pool_ids: new Map(),
        },
      ],
    },
    shares: [],
  });
});

test('packets are as large as every pool takes, and room is for the largest that a store sends', () => {
  const text = exampleWith(
    ['routes:\n', GATEWAY_PORT],
    [
      TCP,
      `${terminated('tcp', 2049, 'nfs')}${terminated('tcp', 20048, 'mount').replace('pool: all', 'pool: large')}${terminated('tcp', 111, 'portmap')}`,
    ],
    ['    pools:\n', '    pools:\n      - { name: large, stores: [s1], jumbo: 9000 }\n'],
  );
  expect(planGateway(parseConfig(text, 'x.yaml'))?.calls?.packets).toEqual({
    sent_octets_max: 1500,
    received_octets_max: 9000,
    received_key: 'virtual_stores[0].pools[0].jumbo',
  });
});

test('NFSv4 is told of where connections reach stores', () => {
  const services = TCP + terminated('tcp', 20048, 'mount') + terminated('udp', 111, 'portmap');
  expect(plan(services)?.calls?.listeners).toEqual([]);
  expect(plan(services)?.calls?.fronts[0]?.services[1]).toMatchObject({ protocol: 'tcp', versions: [3, 4] });
});

test('shares need no service that ends here', () => {
  const text = exampleWith(
    [
      '    address: 10.0.1.100\n',
      `    address: 10.0.1.100
    smb: { shares: [{ name: home, export: /home, hosts_allow: [10.0.1.0/24] }] }
`,
    ],
    [
      '    services:\n',
      '    services:\n      - { name: portmap, protocol: udp, port: 111, program: portmap, mode: request, pool: all }\n',
    ],
  );
  const planned = planGateway(parseConfig(text, 'x.yaml'));
  expect(planned).not.toHaveProperty('calls');
  expect(planned?.shares).toMatchObject([{ name: 'files', run_folder: '/run/storeswitch/smb/files' }]);
});

test('pools of exports have MOUNT calls too, beside those that MOUNT has itself', () => {
  const rules = '{ export: archive, pool: archives }, { procedures: changes, pool: primary }';
  const services = [
    terminated('tcp', 2049, 'nfs').replace(' }', `, rules: [${rules}] }`),
    terminated('tcp', 20048, 'mount'),
    terminated('tcp', 111, 'portmap'),
  ].join('');
  const pools = `    exports: [{ name: archive, handle: "43 ?? 00 02" }]
    pools:
      - { name: archives, stores: [s2, s3] }
      - { name: primary, stores: [s1] }
`;
  const config = parseConfig(
    exampleWith(['routes:\n', GATEWAY_PORT], [TCP, services], ['    pools:\n', pools]),
    'x.yaml',
  );
  const [front] = planGateway(config)?.calls?.fronts ?? [];
  expect(front?.pools).toEqual([
    { name: 'all', stores: ['s1', 's2', 's3'] },
    { name: 'archives', stores: ['s2', 's3'] },
  ]);
  expect(front?.pool_ids).toEqual(new Map([['archives', new Network(config).poolId('files', 'archives')]]));
});
