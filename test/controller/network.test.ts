import { Network } from '../../src/controller/network';
import { exampleConfig } from './example';

const network = new Network(exampleConfig());

test.each([
  ['in a port’s network', '10.0.1.77', { address: '10.0.1.77', ports: ['c1'] }],
  ['behind a router', '192.0.2.9', { address: '10.0.3.1', ports: ['c2'] }],
  ['in a store network', '10.0.2.77', undefined],
  ['nowhere', '203.0.113.1', undefined],
])('the way to a client %s', (_where, address, expected) => {
  const hop = network.hopToClient(address);
  expect(hop && { address: hop.address, ports: hop.ports.map(({ name }) => name) }).toEqual(expected);
});

test('of several routes the longest prefix wins', () => {
  const config = exampleConfig();
  config.routes.push(
    { to: { address: '192.0.2.128', length: 25 }, via: '10.0.1.1' },
    { to: { address: '0.0.0.0', length: 0 }, via: '10.0.3.9' },
  );
  const routed = new Network(config);
  expect(routed.hopToClient('192.0.2.200')?.address).toBe('10.0.1.1');
  expect(routed.hopToClient('192.0.2.100')?.address).toBe('10.0.3.1');
  expect(routed.hopToClient('203.0.113.1')?.address).toBe('10.0.3.9');
});

test('ARP requests come from the address whose network it is, or from none', () => {
  const [first, second] = network.external;
  if (first === undefined || second === undefined) throw new Error('no ports');
  expect(network.arpSender(first, '10.0.1.77')).toBe('10.0.1.254');
  expect(network.arpSender({ ...second, addresses: [] }, '10.0.3.77')).toBe('0.0.0.0');
});

test('what does not fit into the program is refused', () => {
  const config = exampleConfig();
  const [virtualStore] = config.virtual_stores;
  const [pool] = virtualStore?.pools ?? [];
  if (virtualStore === undefined || pool === undefined) throw new Error('no pool');
  virtualStore.pools = Array.from({ length: 64 }, (_, index) => ({ ...pool, name: `pool${index}` }));
  expect(() => new Network(config)).toThrow('64 pools: the P4 program has room for 63');
});

test('in packets of what size a store takes requests is up to the pools of their service', () => {
  const config = exampleConfig();
  const [virtualStore] = config.virtual_stores;
  const [pool] = virtualStore?.pools ?? [];
  const [service] = virtualStore?.services ?? [];
  if (virtualStore === undefined || pool === undefined || service === undefined) throw new Error('no pool');
  virtualStore.pools = [
    { ...pool, name: 'large', jumbo: 9000 },
    { ...pool, name: 'small', jumbo: 4000, stores: pool.stores.slice(0, 1) },
    { ...pool, name: 'plain' },
  ];
  virtualStore.services = [
    { ...service, name: 'one', pool: 'large' },
    { ...service, name: 'other', pool: 'plain' },
    { ...service, name: 'ruled', pool: 'large', rules: [{ procedures: ['READ'], pool: 'small' }] },
  ];
  const network = new Network(config);
  const sizes = (store: string) =>
    ['one', 'other', 'ruled'].map((name) =>
      network.jumbo(network.serviceId('share', name), network.storeId(store)),
    );
  expect(sizes('store1')).toEqual([9000, undefined, 4000]);
  expect(sizes('store2')).toEqual([9000, undefined, 9000]);
});
