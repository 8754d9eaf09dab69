/** Errors of sockets, by the key of the configuration that they are about. */
import { parseConfig } from '../../src/config/load';
import { endpointKey } from '../../src/gateway/endpoint_key';
import { exampleWith } from '../config/example';

const GATEWAY_PORT = `  - { name: gateway, number: 9, role: gateway, mac: 02:00:00:00:03:01, interface: gw0 }
routes:
`;
const TCP = '      - { name: nfs-tcp, protocol: tcp, port: 2049, program: nfs, mode: session, pool: all }\n';
const TERMINATED = [
  ['tcp', 2049, 'nfs'],
  ['tcp', 20048, 'mount'],
  ['tcp', 111, 'portmap'],
]
  .map(
    ([protocol, port, program]) =>
      `      - { name: ${program}-t, protocol: ${protocol}, port: ${port}, program: ${program}, mode: terminate, pool: all }\n`,
  )
  .join('');

test.each([
  ['tcp', 2049, 'EADDRINUSE', 'virtual_stores[0].services[2].port'],
  ['tcp', 20048, 'EACCES', 'virtual_stores[0].services[3].port'],
  ['udp', 111, 'EADDRINUSE', 'virtual_stores[0].services[4].port'],
  ['tcp', 445, 'EADDRINUSE', 'virtual_stores[0].smb.shares'],
  ['tcp', 2049, 'EADDRNOTAVAIL', 'virtual_stores[0].address'],
] as const)('%s %i %s is about %s', (protocol, port, code, key) => {
  const config = parseConfig(exampleWith(['routes:\n', GATEWAY_PORT], [TCP, TERMINATED]), 'x.yaml');
  expect(endpointKey(config, { endpoint: { address: '10.0.1.100', port, protocol }, code })).toBe(key);
});
