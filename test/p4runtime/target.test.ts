import fc from 'fast-check';
import { DEFAULT_PORT, formatTarget, parseTarget, TargetError } from '../../src/p4runtime';

test.each([
  ['grpc://10.0.0.1:50051?device_id=3', { host: '10.0.0.1', port: 50051, device_id: 3n }],
  ['grpc://switch.example', { host: 'switch.example', port: DEFAULT_PORT, device_id: 0n }],
  [
    'grpc://[::1]:9559/?device_id=18446744073709551615',
    { host: '[::1]', port: 9559, device_id: (1n << 64n) - 1n },
  ],
  ['grpc+unix:///run/s.sock?device_id=1', { socket_path: '/run/s.sock', device_id: 1n }],
])('%s', (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

test.each([
  ['10.0.0.1:50051', /not a URL|scheme/],
  ['http://10.0.0.1:50051', /scheme "http"/],
  ['grpc://:50051', /not a URL|no host/],
  ['grpc://h:99999', /not a URL/],
  ['grpc://h:0', /port 0/],
  ['grpc://h:1?device_id=x', /device_id "x" is not a number/],
  ['grpc://h:1?device_id=18446744073709551616', /is not a number from 0 to 2\^64-1/],
  ['grpc://h:1?device_id=1&device_id=2', /more than once/],
  ['grpc://h:1?device=1', /unknown parameter "device"/],
  ['grpc://h:1/path', /nothing may follow the port/],
  ['grpc://me@h:1', /user names are not used/],
  ['grpc+unix://run/s.sock', /not an absolute path/],
])('%s is refused: %s', (text, problem) => {
  expect(() => parseTarget(text)).toThrow(TargetError);
  expect(() => parseTarget(text)).toThrow(problem);
});

test('a target formatted is parsed back', () => {
  const target = fc.record({
    host: fc.ipV4(),
    port: fc.integer({ min: 1, max: 65535 }),
    device_id: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  });
  fc.assert(fc.property(target, (t) => expect(parseTarget(formatTarget(t))).toEqual(t)));
});
