import { TopologyError } from '../../src/topology/errors';
import { parseState } from '../../src/topology/state';
import { enterCommand } from '../../src/topology/topology';

const shell = { pid: 42, start_time: 7 };
const STATE = {
  instance: 'single',
  topology: 'single',
  target: 'embedded',
  vip: '10.0.1.100',
  export: '/share',
  share: '/var/lib/storeswitch/single/share',
  switch: { grpc: '127.0.0.1:9559', device_id: 1, cpu_port: 255 },
  ready: true,
  process: shell,
  control_socket: '/run/storeswitch/single/topology.sock',
  directory: '/var/lib/storeswitch/single',
  nodes: [
    {
      name: 'client1',
      role: 'client',
      namespace: 'single-client1',
      shell,
      address: '10.0.1.11',
      mac: '02:00:00:00:01:11',
      interface: 'eth0',
      port: 1,
      daemons: [],
    },
  ],
};

test('a complete state is read', () => {
  expect(parseState(JSON.stringify(STATE)).nodes[0]).toMatchObject({ role: 'client', port: 1 });
});

test.each([
  ['not JSON', '{', 'not JSON'],
  ['still coming up', JSON.stringify({ ...STATE, ready: false }), 'not ready: ready'],
  [
    'a node of a role nobody knows',
    JSON.stringify({ ...STATE, nodes: [{ role: 'router' }] }),
    'nodes.0.role',
  ],
])('%s is refused', (_name, text, message) => {
  expect(() => parseState(text)).toThrow(TopologyError);
  expect(() => parseState(text)).toThrow(message);
});

test('a node is entered with its network and its mounts', () => {
  const [node] = parseState(JSON.stringify(STATE)).nodes;
  if (node === undefined) throw new Error('no node');
  expect(enterCommand(node, ['showmount', '-e', 'host'])).toEqual([
    'nsenter',
    '--target=42',
    '--net',
    '--mount',
    '--',
    'showmount',
    '-e',
    'host',
  ]);
});
