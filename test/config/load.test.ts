import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configWarnings, type Config } from '../../src/config/config';
import { ConfigError, loadConfig, parseConfig, type ConfigIssue } from '../../src/config/load';
import { EXAMPLE, exampleWith } from './example';

/** Every mistake as `line:column: key: found ..., expected ...`. */
function mistakes(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    error.issues.forEach((issue) => expectPlaceOf(issue, text));
    return error.message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
  }
  return [];
}

/** Where a plain value was found, that value must stand. */
function expectPlaceOf({ line, column, found }: ConfigIssue, text: string): void {
  if (!/^("|-?\d)/.test(found)) return;
  const rest = text.split('\n')[line - 1]?.slice(column - 1) ?? '';
  const value: unknown = JSON.parse(found);
  // Plain, quoted, or behind an anchor.
  const isThere = rest.startsWith(String(value)) || rest.startsWith(found) || /^[&*]/.test(rest);
  if (!isThere) throw new Error(`${line}:${column}: found ${found} at ${JSON.stringify(rest)}`);
}

const parse = (...changes: [string, string][]): Config =>
  parseConfig(exampleWith(...changes), '/etc/storeswitch/x.yaml');

describe('what a right file means', () => {
  test('values are canonical, inherited ones filled in', () => {
    const config = parse(['02:00:00:00:01:01', '02-00-00-00-01-0A']);
    expect(config.ports[0]).toEqual({
      name: 'ext1',
      number: 1,
      role: 'external',
      mac: '02:00:00:00:01:0a',
      addresses: [{ address: '10.0.1.254', length: 24 }],
      host_port: 101,
    });
    const [files] = config.virtual_stores;
    expect(files?.pools).toEqual([
      {
        name: 'all',
        stores: [
          { store: 's1', weight: 1 },
          { store: 's2', weight: 1 },
          { store: 's3', weight: 1 },
        ],
        policy: 'hash',
        response_path: 'virtualizer',
      },
    ]);
    expect(files?.services[0]).toEqual({
      name: 'nfs-udp',
      protocol: 'udp',
      port: 2049,
      program: 100003,
      version: 3,
      mode: 'request',
      pool: 'all',
      records: {},
      rules: [],
      health: { check: 'null_rpc', interval_ms: 200, timeout_ms: 200, failures: 3, successes: 2 },
    });
  });

  test('a pool without a weight takes the store’s', () => {
    const config = parse(['{ store: s3, weight: 1 }', 's3']);
    expect(config.virtual_stores[0]?.pools[0]?.stores[2]).toEqual({ store: 's3', weight: 2 });
  });

  test('a service differs from the health section where it says so', () => {
    const config = parse(
      ['port: 20048, program: mount,', 'port: 20048, program: 100005, version: 1, health: { failures: 5 },'],
      ['tcp, port: 2049, program: nfs', 'tcp, port: 2049'],
      ['interval_ms: 200', 'interval_ms: 100'],
    );
    const health = { interval_ms: 100, timeout_ms: 200, failures: 3, successes: 2 };
    expect(config.virtual_stores[0]?.services.map((service) => [service.version, service.health])).toEqual([
      [3, { ...health, check: 'null_rpc' }],
      [1, { ...health, check: 'null_rpc', failures: 5 }],
      [undefined, { ...health, check: 'tcp_connect' }],
    ]);
  });

  test('NFS over UDP and TCP and SMB are served on one address', () => {
    const smb = '- { name: smb, protocol: tcp, port: 445, mode: session, pool: all }\n      ';
    const config = parse(['- { name: nfs-tcp', `${smb}- { name: nfs-tcp`]);
    const services = config.virtual_stores[0]?.services ?? [];
    expect(services.map(({ protocol, port, mode, health }) => [protocol, port, mode, health.check])).toEqual([
      ['udp', 2049, 'request', 'null_rpc'],
      ['udp', 20048, 'request', 'null_rpc'],
      ['tcp', 445, 'session', 'tcp_connect'],
      ['tcp', 2049, 'session', 'null_rpc'],
    ]);
  });

  test('the pipeline and the folder of records stand relative to the file', () => {
    expect(parse(['ports:', 'records: { folder: logs }\nports:']).records.folder).toBe(
      '/etc/storeswitch/logs',
    );
    expect(parse().switch.pipeline).toBeUndefined();
    expect(parse(['device_id: 1', 'pipeline: ../build']).switch.pipeline).toBe('/etc/build');
    expect(parse(['device_id: 1', 'pipeline: /opt/p4']).switch.pipeline).toBe('/opt/p4');
  });

  test('defaults keep the promise of a second; slower checks are a warning', () => {
    expect(
      configWarnings(parse(['health: { interval_ms: 200, timeout_ms: 200, failures: 3, successes: 2 }', ''])),
    ).toEqual([]);
    const slow = parse(
      ['interval_ms: 200', 'interval_ms: 500'],
      ['program: mount,', 'program: mount, health: { check: none },'],
    );
    expect(configWarnings(slow)).toEqual([
      'service files/nfs-udp: a dead store may serve for 1700 ms, more than 1000 (interval_ms * failures + timeout_ms)',
      'service files/nfs-tcp: a dead store may serve for 1700 ms, more than 1000 (interval_ms * failures + timeout_ms)',
    ]);
  });
});

test('a pool that nothing uses is a warning', () => {
  const pool = '      - { name: spare, stores: [s1], policy: least-of-2 }\n';
  const text = exampleWith(['    pools:\n', `    pools:\n${pool}`]);
  expect(configWarnings(parseConfig(text, 'x.yaml'))).toEqual([
    'pool files/spare: no service and no rule uses it',
  ]);
});

describe('mistakes of shape', () => {
  test.each<[string, [string, string][], string[]]>([
    [
      'an unknown key',
      [['via:', 'through:']],
      [
        '16:5: routes[0].via: found nothing, expected a unicast IPv4 address such as 10.0.1.100',
        '16:22: routes[0].through: found "through", expected a known key: to, via',
      ],
    ],
    [
      'an unknown section',
      [['stores:\n  - { name: s1', 'shops:\n  - { name: s1']],
      [
        '1:1: stores: found nothing, expected a list',
        '17:1: shops: found "shops", expected a known key: switch, admin, log, ports, routes, stores, virtual_stores, health, neighbours, gateway, records, limits',
      ],
    ],
    [
      'a MAC address that is none',
      [['02:00:00:00:02:01', '02:00:00:00:02']],
      [
        '12:10: ports[1].mac: found "02:00:00:00:02", expected a unicast MAC address such as 02:00:00:00:01:01',
      ],
    ],
    [
      'a multicast MAC address',
      [['02:00:00:00:02:01', '03:00:00:00:02:01']],
      [
        '12:10: ports[1].mac: found "03:00:00:00:02:01", expected a unicast MAC address such as 02:00:00:00:01:01',
      ],
    ],
    [
      'an address without prefix length',
      [['10.0.2.254/24', '10.0.2.254']],
      [
        '13:17: ports[1].addresses[0]: found "10.0.2.254", expected a unicast IPv4 address with prefix length such as 10.0.1.254/24',
      ],
    ],
    [
      'a network with host bits',
      [['0.0.0.0/0', '10.1.2.3/8']],
      [
        '16:11: routes[0].to: found "10.1.2.3/8", expected an IPv4 network without host bits such as 192.0.2.0/24 or 0.0.0.0/0',
      ],
    ],
    [
      'a multicast VIP',
      [['10.0.1.100', '224.0.0.1']],
      [
        '23:14: virtual_stores[0].address: found "224.0.0.1", expected a unicast IPv4 address such as 10.0.1.100',
      ],
    ],
    [
      'a port out of range',
      [['number: 3', 'number: 511']],
      ['10:13: ports[1].number: found 511, expected a switch port number from 1 to 510'],
    ],
    [
      'a number in quotes',
      [['number: 3', 'number: "3"']],
      ['10:13: ports[1].number: found "3", expected a switch port number from 1 to 510'],
    ],
    [
      'a fraction',
      [['timeout_ms: 200', 'timeout_ms: 0.5']],
      ['30:41: health.timeout_ms: found 0.5, expected milliseconds from 1 to 86400000'],
    ],
    [
      'a negative fraction',
      [['timeout_ms: 200', 'timeout_ms: -0.5']],
      ['30:41: health.timeout_ms: found -0.5, expected milliseconds from 1 to 86400000'],
    ],
    [
      'a role that does not exist',
      [['role: internal', 'role: inside']],
      ['11:11: ports[1].role: found "inside", expected one of external, internal, gateway'],
    ],
    [
      'a service that ends here, without a gateway',
      [['tcp, port: 2049, program: nfs, mode: session', 'tcp, port: 2049, program: nfs, mode: terminate']],
      [
        '29:73: virtual_stores[0].services[2].mode: found "terminate", expected mode request or session, as no port has role gateway',
        '29:73: virtual_stores[0].services[2].mode: found "terminate", expected mode session, or services of program portmap beside it, which clients ask first',
      ],
    ],
    [
      'NFS that ends here and whose clients have nobody to ask',
      [
        [
          'routes:\n',
          '  - { name: g1, number: 8, role: gateway, mac: 02:00:00:00:03:01, interface: g1 }\nroutes:\n',
        ],
        ['tcp, port: 2049, program: nfs, mode: session', 'tcp, port: 2049, program: nfs, mode: terminate'],
        [
          'udp, port: 20048, program: mount, mode: request',
          'udp, port: 20049, program: 100021, mode: request',
        ],
      ],
      [
        '30:73: virtual_stores[0].services[2].mode: found "terminate", expected mode session, or services of program portmap and mount beside it, which clients ask first',
      ],
    ],
    [
      'a program of one server that ends here',
      [
        [
          'routes:\n',
          '  - { name: g1, number: 8, role: gateway, mac: 02:00:00:00:03:01, interface: g1 }\nroutes:\n',
        ],
        ['tcp, port: 2049, program: nfs, mode: session', 'tcp, port: 2049, program: 100024, mode: terminate'],
      ],
      [
        '30:62: virtual_stores[0].services[2].program: found 100024, expected another program, as what status tells is of one server, not of all',
      ],
    ],
    [
      'a mode that never was',
      [['mode: session', 'mode: random']],
      [
        '29:73: virtual_stores[0].services[2].mode: found "random", expected request (with protocol udp), session (with protocol tcp) or terminate',
      ],
    ],
    [
      'a protocol that does not exist',
      [['protocol: tcp', 'protocol: sctp']],
      ['29:36: virtual_stores[0].services[2].protocol: found "sctp", expected one of udp, tcp'],
    ],
    [
      'a program that does not exist',
      [['program: mount', 'program: mountd']],
      [
        '28:65: virtual_stores[0].services[1].program: found "mountd", expected an RPC program number from 1 to 4294967295 or one of portmap, nfs, mount, nlm, status',
      ],
    ],
    [
      'a weight in a pool',
      [['weight: 1', 'weight: -1']],
      ['25:60: virtual_stores[0].pools[0].stores[2].weight: found -1, expected a weight from 0 to 1000'],
    ],
    [
      'a misspelt key in a pool',
      [['weight: 1', 'wieght: 1']],
      [
        '25:52: virtual_stores[0].pools[0].stores[2].wieght: found "wieght", expected a known key: store, weight (did you mean weight?)',
      ],
    ],
    [
      'a number where a store is named',
      [['[s1, s2,', '[s1, 2,']],
      [
        '25:35: virtual_stores[0].pools[0].stores[1]: found 2, expected the name of a store, or { store, weight }',
      ],
    ],
    [
      'jumbo frames that are none',
      [['weight: 1 }]', 'weight: 1 }], jumbo: 1500']],
      ['25:73: virtual_stores[0].pools[0].jumbo: found 1500, expected octets from 1501 to 9216'],
    ],
    [
      'a server without port',
      [['127.0.0.1:9559', 'localhost']],
      ['1:20: switch.address: found "localhost", expected HOST:PORT such as 127.0.0.1:9559'],
    ],
    [
      'a name with a space',
      [['name: ext1', 'name: ext 1']],
      [
        '3:11: ports[0].name: found "ext 1", expected a name of 1 to 63 letters, digits, ".", "_" or "-", starting with a letter or digit',
      ],
    ],
    [
      'a mapping where a list is due',
      [['routes:\n  - {', 'routes:\n  {']],
      ['16:3: routes: found a mapping, expected a list'],
    ],
    [
      'a list where a mapping is due',
      [['health: { interval_ms: 200, timeout_ms: 200, failures: 3, successes: 2 }', 'health: [1, 2]']],
      ['30:9: health: found a list of 2, expected a mapping'],
    ],
    [
      'a key without value',
      [['10.0.1.1 }\n', '10.0.1.1 }\nlog:\n']],
      ['17:5: log: found nothing, expected a mapping'],
    ],
    [
      'no stores',
      [
        ['  - { name: s1, address: 10.0.2.11 }\n', ''],
        ['  - { name: s2, address: 10.0.2.12 }\n', ''],
        ['stores:\n  - { name: s3, address: 10.0.2.13, weight: 2 }\n', 'stores: []\n'],
      ],
      ['17:9: stores: found a list of 0, expected at least one store'],
    ],
    [
      'several at once, in the order of the file',
      [
        ['number: 3', 'number: 0'],
        ['role: external', 'role: x'],
        ['weight: 2', 'weight: 1001'],
      ],
      [
        '5:11: ports[0].role: found "x", expected one of external, internal, gateway',
        '10:13: ports[1].number: found 0, expected a switch port number from 1 to 510',
        '20:45: stores[2].weight: found 1001, expected a weight from 0 to 1000',
      ],
    ],
  ])('%s', (_name, changes, expected) => {
    expect(mistakes(exampleWith(...changes))).toEqual(expected);
  });

  test('an empty file', () => {
    expect(mistakes('')).toEqual(['1:1: found nothing, expected a mapping']);
  });

  test('no more stores than the pipeline holds', () => {
    const stores = Array.from(
      { length: 4097 },
      (_, i) => `  - { name: n${i}, address: 10.9.${i >> 8}.${i & 255}, port: int1 }\n`,
    );
    expect(mistakes(exampleWith(['  - { name: s1,', `${stores.join('')}  - { name: s1,`]))).toEqual([
      '18:3: stores: found a list of 4100, expected at most 4095 stores, as many as the pipeline holds',
    ]);
  });
});

describe('mistakes between entries', () => {
  test.each<[string, [string, string][], string[]]>([
    [
      'an MTU of clients where there are none',
      [['role: internal', 'role: internal\n    mtu: 9000']],
      ['12:10: ports[1].mtu: found 9000, expected no mtu, except with role external'],
    ],
    [
      'a pool names a store that does not exist',
      [['[s1, s2,', '[s1, s9,']],
      ['25:35: virtual_stores[0].pools[0].stores[1]: found "s9", expected the name of a store (s1, s2, s3)'],
    ],
    [
      'a pool names a store twice',
      [['[s1, s2,', '[s1, s1,']],
      [
        '25:35: virtual_stores[0].pools[0].stores[1]: found "s1", expected a store named once: stores[0] has it already',
      ],
    ],
    [
      'a pool in which nobody has weight',
      [['[s1, s2, { store: s3, weight: 1 }]', '[{ store: s3, weight: 0 }]']],
      ['25:30: virtual_stores[0].pools[0].stores: found a list of 1, expected a store with a weight above 0'],
    ],
    [
      'a service names a pool that does not exist',
      [['mode: session, pool: all', 'mode: session, pool: none']],
      [
        '29:88: virtual_stores[0].services[2].pool: found "none", expected the name of a pool of this virtual store (all)',
      ],
    ],
    [
      'records of what cannot be told apart',
      [['mode: session, pool: all', 'mode: session, pool: all, records: { sample: 2 }']],
      [
        '29:112: virtual_stores[0].services[2].records.sample: found 2, expected none, as mode session does not tell requests apart',
      ],
    ],
    [
      'a second gateway, and one that is half a port',
      [
        [
          'routes:\n',
          `  - { name: g1, number: 8, role: gateway, mac: 02:00:00:00:03:01, interface: g1, host_port: 108 }
  - { name: g2, number: 9, role: gateway, mac: 02:00:00:00:03:02, addresses: [10.0.4.1/24] }
routes:
`,
        ],
        ['    host_port: 103\n', '    host_port: 103\n    interface: int1\n'],
      ],
      [
        '15:16: ports[1].interface: found "int1", expected no interface, except with role gateway',
        '16:93: ports[2].host_port: found 108, expected none with role gateway',
        '17:5: ports[3].interface: found nothing, expected the interface of this host that the port leads to',
        '17:34: ports[3].role: found "gateway", expected one port with role gateway: g1 is it',
        '17:78: ports[3].addresses: found a list of 1, expected none with role gateway',
      ],
    ],
    [
      'services that end here, behind a port without host, and over UDP',
      [
        [
          'routes:\n',
          '  - { name: g1, number: 8, role: gateway, mac: 02:00:00:00:03:01, interface: g1 }\nroutes:\n',
        ],
        ['    host_port: 101\n', ''],
        ['udp, port: 2049, program: nfs, mode: request', 'udp, port: 2049, program: nfs, mode: terminate'],
      ],
      [
        '27:73: virtual_stores[0].services[0].mode: found "terminate", expected mode request or session, as external port ext1 has no host_port',
        '27:73: virtual_stores[0].services[0].mode: found "terminate", expected mode request with protocol udp, except for portmap and mount',
      ],
    ],
    [
      'a store name used twice',
      [['name: s2', 'name: s1']],
      [
        '19:13: stores[1].name: found "s1", expected a name used once: stores[0] has it already',
        '25:35: virtual_stores[0].pools[0].stores[1]: found "s2", expected the name of a store (s1, s1, s3)',
      ],
    ],
    [
      'a port name used twice',
      [['name: int1', 'name: ext1']],
      ['9:11: ports[1].name: found "ext1", expected a name used once: ports[0] has it already'],
    ],
    [
      'a port number used twice',
      [['number: 3', 'number: 1']],
      ['10:13: ports[1].number: found 1, expected a port number used once: port ext1 has it already'],
    ],
    [
      'a host port that is a port',
      [['host_port: 103', 'host_port: 1']],
      ['14:16: ports[1].host_port: found 1, expected a port number used once: port ext1 has it already'],
    ],
    [
      'a port that is the CPU port',
      [['number: 3', 'number: 255']],
      ['10:13: ports[1].number: found 255, expected a port number used once: switch.cpu_port has it already'],
    ],
    [
      'an address on two ports',
      [['10.0.2.254/24', '10.0.2.254/24, 10.0.1.254/24']],
      [
        '13:32: ports[1].addresses[1]: found "10.0.1.254", expected an address used once: port ext1 has it already',
      ],
    ],
    [
      'a next hop nobody reaches',
      [['10.0.1.1 }', '10.0.9.1 }']],
      [
        '16:27: routes[0].via: found "10.0.9.1", expected an address in a port\'s network (10.0.1.254/24, 10.0.2.254/24)',
      ],
    ],
    [
      'a next hop that is ourselves',
      [['10.0.1.1 }', '10.0.1.254 }']],
      ['16:27: routes[0].via: found "10.0.1.254", expected a next hop, not the virtualizer\'s own address'],
    ],
    [
      'a network routed twice',
      [['10.0.1.1 }\n', '10.0.1.1 }\n  - { to: 0.0.0.0/0, via: 10.0.1.2 }\n']],
      ['17:11: routes[1].to: found "0.0.0.0/0", expected a network routed once: routes[0] has it already'],
    ],
    [
      'a store behind no internal port',
      [['10.0.2.12', '10.0.1.12']],
      [
        '19:26: stores[1].address: found "10.0.1.12", expected an address in an internal port\'s network (10.0.2.254/24), or the key port',
      ],
    ],
    [
      'a store behind an external port',
      [['10.0.2.12 }', '10.0.2.12, port: ext1 }']],
      ['19:43: stores[1].port: found "ext1", expected the name of an internal port (int1)'],
    ],
    [
      'a store address used twice',
      [['10.0.2.12', '10.0.2.11']],
      ['19:26: stores[1].address: found "10.0.2.11", expected an address used once: store s1 has it already'],
    ],
    [
      'a store address that is ours',
      [['10.0.2.12', '10.0.2.254']],
      [
        '19:26: stores[1].address: found "10.0.2.254", expected an address used once: port int1 has it already',
      ],
    ],
    [
      'a VIP that is a store',
      [['10.0.1.100', '10.0.2.11']],
      [
        '23:14: virtual_stores[0].address: found "10.0.2.11", expected an address of its own: store s1 has it already',
      ],
    ],
    [
      'a VIP that is ours',
      [['10.0.1.100', '10.0.1.254']],
      [
        '23:14: virtual_stores[0].address: found "10.0.1.254", expected an address of its own: port ext1 has it already',
      ],
    ],
    [
      'a VIP that is a next hop',
      [['10.0.1.100', '10.0.1.1']],
      [
        '23:14: virtual_stores[0].address: found "10.0.1.1", expected an address of its own: the next hop of routes[0] has it already',
      ],
    ],
    [
      'two virtual stores with one name and VIP',
      [
        [
          'virtual_stores:\n',
          'virtual_stores:\n  - { name: files, address: 10.0.1.100, pools: [{ name: p, stores: [s1] }], services: [{ name: n, protocol: tcp, port: 445, mode: session, pool: p }] }\n',
        ],
      ],
      [
        '23:11: virtual_stores[1].name: found "files", expected a name used once: virtual_stores[0] has it already',
        '24:14: virtual_stores[1].address: found "10.0.1.100", expected an address of its own: virtual store files has it already',
      ],
    ],
    [
      'a service name used twice',
      [['name: mount-udp', 'name: nfs-udp']],
      [
        '28:17: virtual_stores[0].services[1].name: found "nfs-udp", expected a name used once: services[0] has it already',
      ],
    ],
    [
      'a port served twice',
      [['port: 20048', 'port: 2049']],
      [
        '28:49: virtual_stores[0].services[1].port: found 2049, expected a protocol and port served once: service nfs-udp has it already',
      ],
    ],
    [
      'a mode that does not fit the protocol',
      [
        ['protocol: tcp', 'protocol: udp'],
        ['port: 20048', 'port: 20049'],
        ['nfs-udp, protocol: udp', 'nfs-udp, protocol: tcp'],
      ],
      [
        '27:73: virtual_stores[0].services[0].mode: found "request", expected mode session with protocol tcp',
        '29:73: virtual_stores[0].services[2].mode: found "session", expected mode request with protocol udp',
      ],
    ],
    [
      'mode request without a program',
      [['port: 20048, program: mount,', 'port: 20048,']],
      [
        '28:9: virtual_stores[0].services[1].program: found nothing, expected an RPC program, as mode request balances RPC calls',
      ],
    ],
    [
      'a check without a program',
      [['tcp, port: 2049, program: nfs,', 'tcp, port: 2049, health: { check: null_rpc },']],
      [
        '29:70: virtual_stores[0].services[2].health.check: found "null_rpc", expected the key program beside it, to call',
      ],
    ],
    [
      'a connection begun where there is none',
      [['program: mount,', 'program: mount, health: { check: tcp_connect },']],
      [
        '28:89: virtual_stores[0].services[1].health.check: found "tcp_connect", expected null_rpc or none, as this service is not over TCP',
      ],
    ],
    [
      'a check of a program without known version',
      [['program: mount', 'program: 400000']],
      [
        '28:9: virtual_stores[0].services[1].version: found nothing, expected the version of program 400000 to check, or health.check none',
      ],
    ],
  ])('%s', (_name, changes, expected) => {
    expect(mistakes(exampleWith(...changes))).toEqual(expected);
  });

  test('no more stores in a pool than it has slots', () => {
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
    const pool = (n: number) => {
      const stores = numbers(n).map(
        (i) => `  - { name: n${i}, address: 10.9.${i >> 8}.${i & 255}, port: int1 }\n`,
      );
      const members = [...numbers(n).map((i) => `n${i}`), '{ store: s3, weight: 0 }'];
      return exampleWith(
        ['  - { name: s1,', `${stores.join('')}  - { name: s1,`],
        ['stores: [s1, s2, { store: s3, weight: 1 }]', `stores: [${members.join(', ')}]`],
      );
    };
    expect(mistakes(pool(1024))).toEqual([]);
    expect(mistakes(pool(1025))).toEqual([
      '1050:30: virtual_stores[0].pools[0].stores: found a list of 1026, expected at most 1024 stores with a weight above 0, as requests are shared out in so many slots',
    ]);
  });

  test('no more pools than the pipeline holds', () => {
    const pools = Array.from(
      { length: 64 },
      (_, index) => `      - { name: p${index}, stores: [s1] }\n`,
    ).join('');
    expect(mistakes(exampleWith(['    pools:\n', `    pools:\n${pools}`]))).toEqual([
      '25:7: virtual_stores[0].pools: found a list of 65, expected at most 63 pools in all virtual stores',
    ]);
  });
});

describe('what is no YAML', () => {
  test.each<[string, string, string]>([
    [
      'a key twice in one mapping',
      exampleWith(['device_id: 1', 'device_id: 1, device_id: 2']),
      '1:50: found a YAML error (Map keys must be unique)',
    ],
    ['an open bracket', 'ports: [1, 2\nstores: 3', '2:1: found a YAML error ('],
    ['a tab as indent', 'ports:\n\t- 1\n', '2:1: found a YAML error ('],
    ['an alias of nothing', 'ports: *nowhere', '1:8: found a YAML error ('],
    ['two documents', 'ports: 1\n---\nports: 2\n', '2:1: found a YAML error ('],
  ])('%s', (_name, text, beginning) => {
    const [first = ''] = mistakes(text);
    expect(first.slice(0, beginning.length)).toBe(beginning);
    expect(first).toMatch(/, expected valid YAML$/);
  });

  test('aliases that grow without end', () => {
    const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++)
      lines.push(`b${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]`);
    expect(mistakes(lines.join('\n'))[0]).toMatch(/found a YAML error \(Excessive alias count/);
  });

  test('an alias of the list it is in', () => {
    expect(mistakes('ports: &all [*all]')).toContain('1:14: ports[0]: found a list of 1, expected a mapping');
  });

  test('anchors and aliases that are right are followed to their place', () => {
    const text = exampleWith(
      ['mac: 02:00:00:00:01:01', 'mac: &mac 03:00:00:00:01:01'],
      ['02:00:00:00:02:01', '*mac'],
    );
    expect(mistakes(text).map((mistake) => mistake.split(': ').slice(0, 2).join(' '))).toEqual([
      '6:15 ports[0].mac',
      '12:10 ports[1].mac',
    ]);
  });
});

test('a mistake behind an alias is where the anchor stands', () => {
  const text = exampleWith([
    '      - { name: all, stores: [s1, s2, { store: s3, weight: 1 }] }\n',
    '      - { name: all, stores: &everyone [s1, s9] }\n      - { name: same, stores: *everyone }\n',
  ]);
  const expected = 'found "s9", expected the name of a store (s1, s2, s3)';
  expect(mistakes(text)).toEqual([
    `25:45: virtual_stores[0].pools[0].stores[1]: ${expected}`,
    `25:45: virtual_stores[0].pools[1].stores[1]: ${expected}`,
  ]);
});

describe('files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'storeswitch-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a right one', () => {
    const file = join(folder, 'right.yaml');
    writeFileSync(file, EXAMPLE);
    expect(loadConfig(file)).toEqual(parseConfig(EXAMPLE, file));
  });

  test('one that is not there', () => {
    const file = join(folder, 'missing.yaml');
    expect(() => loadConfig(file)).toThrow(ConfigError);
    expect(() => loadConfig(file)).toThrow(`${file}: found ENOENT: no such file or directory`);
  });

  test('a folder', () => {
    expect(() => loadConfig(folder)).toThrow(ConfigError);
  });
});
