import { FlagError, parseFlags } from '../../src/switch/flags';

test('the flags of a Mininet class for simple_switch_grpc', () => {
  const flags = parseFlags(
    '--log-console --no-p4 --device-id 3 -i 1@s1-eth1 -i2@s1-eth2 --interface=3@s1-eth3 --thrift-port 9090 -L debug -- --grpc-server-addr 0.0.0.0:50051 --cpu-port 255 --drop-port=510 --priority-queues 8'.split(
      ' ',
    ),
  );
  expect(flags).toEqual({
    program_path: undefined,
    device_id: 3n,
    interfaces: [
      { number: 1, interface_name: 's1-eth1' },
      { number: 2, interface_name: 's1-eth2' },
      { number: 3, interface_name: 's1-eth3' },
    ],
    log_level: 'debug',
    log_file: undefined,
    grpc_server_addr: '0.0.0.0:50051',
    tls: undefined,
    cpu_port: 255,
    drop_port: 510,
    priority_queues: 8,
    pcap_folder: undefined,
    trace: undefined,
    admin_socket: undefined,
    scheduling: 'real_time',
    coalesce_us: undefined,
    help: false,
    notices: ['--thrift-port is ignored: there is no Thrift server'],
  });
});

test('flags of common scripts that mean nothing here are ignored, each with a notice', () => {
  const flags = parseFlags(
    '-i 1@s1-eth1 --pcap /tmp --nanolog ipc:///tmp/bm-0-log.ipc --device-id 0 --no-p4 --log-file ss-log --log-flush --dump-packet-data 10000 -- --max-mc-groups 16 --disable-swap'.split(
      ' ',
    ),
  );
  expect(flags).toMatchObject({ log_file: 'ss-log.txt', log_level: 'info', pcap_folder: '/tmp' });
  expect(flags.notices.map((notice) => notice.split(' ')[0])).toEqual([
    ...['--nanolog', '--log-flush', '--dump-packet-data', '--max-mc-groups', '--disable-swap'],
  ]);
});

test('TLS as simple_switch_grpc has it', () => {
  const files = [
    '--grpc-server-cert',
    'c.pem',
    '--grpc-server-key',
    'k.pem',
    '--grpc-server-cacert',
    'a.pem',
  ];
  const both = ['--no-p4', '--', '--grpc-server-ssl', ...files, '--grpc-server-with-client-auth'];
  expect(parseFlags(both).tls).toEqual({ certificate: 'c.pem', key: 'k.pem', client_authorities: 'a.pem' });
  const one_way = parseFlags(['--no-p4', '--', '--grpc-server-ssl', ...files]);
  expect(one_way.tls).toEqual({ certificate: 'c.pem', key: 'k.pem', client_authorities: undefined });
  expect(one_way.notices).toHaveLength(1);
  const without = parseFlags(['--no-p4', '--', ...files]);
  expect(without.tls).toBeUndefined();
  expect(without.notices).toEqual(['certificates and keys are ignored: there is no --grpc-server-ssl']);
});

test('a program path alone', () => {
  expect(parseFlags(['program.json'])).toMatchObject({
    program_path: 'program.json',
    device_id: 0n,
    log_level: 'warn',
  });
});

test.each([
  [[], 'a program is expected: the path of a JSON file, or --no-p4'],
  [['--no-p4', 'a.json'], '--no-p4 and the program a.json exclude each other'],
  [['a.json', 'b.json'], 'one program is expected, not both a.json and b.json'],
  [['--no-p4', '--colour'], 'unknown flag --colour'],
  [['--no-p4', '--', '--grpc-server-ssl'], '--grpc-server-ssl needs --grpc-server-cert'],
  [['--no-p4', '--grpc-server-with-client-auth'], '--grpc-server-with-client-auth needs --grpc-server-ssl'],
  [['--no-p4=1'], '--no-p4=1: this flag takes no value'],
  [['--no-p4', '--device-id'], '--device-id needs a value'],
  [
    ['--no-p4', '--coalesce-us', '50ms'],
    '--coalesce-us: microseconds within 0..10000 are expected, not "50ms"',
  ],
  [['--no-p4', '--coalesce-us', '10001'], '--coalesce-us: microseconds within 0..10000 are expected'],
  [['--no-p4', '--device-id', 'x'], '--device-id: a number below 2^64 is expected, not "x"'],
  [['--no-p4', '-i', 'eth0'], '--interface: PORT@INTERFACE is expected (as in 1@eth0), not "eth0"'],
  [['--no-p4', '-i', '512@eth0'], '--interface: a port within 0..511 is expected, not "512"'],
  [['--no-p4', '-i', '1@a', '-i', '1@b'], '--interface: port 1 is given twice'],
  [['--no-p4', '-i', '1@a', '-i', '2@a'], '--interface: a is given to two ports'],
  [['--no-p4', '-i', '1@a', '--', '--cpu-port', '1'], '--cpu-port 1 is also interface a'],
  [['--no-p4', '--trace=xml'], '--trace: one of human, json is expected, not "xml"'],
  [['--no-p4', '--use-files', 'soon'], '--use-files: seconds within 0..3600 are expected, not "soon"'],
  [['--no-p4', '--debugger'], '--debugger is not supported: there is no debugger'],
  [['--no-p4', '--log-console', '--log-file', 'a'], '--log-console and --log-file exclude each other'],
  [['--no-p4', '-L', 'loud'], /--log-level: one of trace, .* is expected, not "loud"/],
  [
    ['--no-p4', '--', '--grpc-server-addr', 'nowhere'],
    '--grpc-server-addr: HOST:PORT or unix:PATH is expected, not "nowhere"',
  ],
])('%j is refused', (argv, message) => {
  expect(() => parseFlags(argv)).toThrow(FlagError);
  expect(() => parseFlags(argv)).toThrow(message);
});

test('captures: a folder may follow without =, a program is not taken for one', () => {
  expect(parseFlags(['--pcap', '/tmp', 'a.json'])).toMatchObject({
    pcap_folder: '/tmp',
    program_path: 'a.json',
  });
  expect(parseFlags(['--pcap=x', 'a.json'])).toMatchObject({ pcap_folder: 'x', program_path: 'a.json' });
  expect(parseFlags(['--pcap', 'a.json'])).toMatchObject({ pcap_folder: '.', program_path: 'a.json' });
  expect(parseFlags(['a.json', '--pcap'])).toMatchObject({ pcap_folder: '.' });
});

test('ports of files, one by one or all', () => {
  expect(parseFlags(['--no-p4', '-i', '1@pcap:run/a', '-i', '2@eth0']).interfaces).toEqual([
    { number: 1, interface_name: 'run/a', replay: { wait_s: 0 } },
    { number: 2, interface_name: 'eth0' },
  ]);
  expect(parseFlags(['--no-p4', '--use-files', '2', '-i', '1@veth0']).interfaces).toEqual([
    { number: 1, interface_name: 'veth0', replay: { wait_s: 2 } },
  ]);
});

test('traces and the admin socket', () => {
  expect(parseFlags(['a.json', '--trace', '--admin-socket', '/tmp/s'])).toMatchObject({
    trace: 'human',
    admin_socket: '/tmp/s',
  });
  expect(parseFlags(['--trace=json', 'a.json']).trace).toBe('json');
});

test('versions are told instead of running, without a program', () => {
  expect(parseFlags(['-v']).print).toBe('version');
  expect(parseFlags(['--version']).print).toBe('version');
  expect(parseFlags(['--json-version']).print).toBe('json version');
});

test('a CPU port where packets cannot get through is refused', () => {
  expect(() => parseFlags(['--no-p4', '--', '--cpu-port', '0'])).toThrow(/--cpu-port: .* not "0"/);
  expect(() => parseFlags(['--no-p4', '--', '--cpu-port', '511'])).toThrow(/511 is the drop port/);
  expect(() => parseFlags(['--no-p4', '--', '--cpu-port', '64', '--drop-port', '64'])).toThrow(/drop port/);
  expect(parseFlags(['--no-p4', '--', '--cpu-port', '511', '--drop-port', '64']).cpu_port).toBe(511);
});

test('a number of queues out of bounds tells the bounds', () => {
  expect(() => parseFlags(['--no-p4', '--', '--priority-queues', '100000'])).toThrow(/within 1\.\.99999/);
});

test('a limit on port numbers is accepted, with one warning', () => {
  expect(parseFlags(['--no-p4', '--max-port-count', '256']).notices).toHaveLength(1);
});
