import fc from 'fast-check';
import {
  bigintToMac,
  ipv4ToNumber,
  isMulticastMac,
  macToBigint,
  numberToIpv4,
  parseIpv4,
  parseIpv4Prefix,
  parseMac,
  prefixContains,
  prefixNetwork,
  readIpv4,
  readMac,
  writeIpv4,
  writeMac,
} from '../../src/wire/address';
import { ipv4Address, mac } from './arbitrary';

test.each([
  ['02:00:00:00:01:0a', '02:00:00:00:01:0a'],
  ['02-00-00-00-01-0A', '02:00:00:00:01:0a'],
  ['02:00-00:00:01:0a', undefined],
  ['02:00:00:00:01', undefined],
  ['02:00:00:00:01:0g', undefined],
  ['2:0:0:0:1:a', undefined],
  ['', undefined],
])('MAC address %j is %j', (text, expected) => {
  expect(parseMac(text)).toBe(expected);
});

test.each([
  ['10.0.1.100', '10.0.1.100'],
  ['255.255.255.255', '255.255.255.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['10.0.1.256', undefined],
  ['10.0.1', undefined],
  ['10.0.01.1', undefined],
  ['10.0.1.1.1', undefined],
  ['10.0.1.-1', undefined],
  [' 10.0.1.1', undefined],
])('IPv4 address %j is %j', (text, expected) => {
  expect(parseIpv4(text)).toBe(expected);
});

test.each([
  ['10.0.1.254/24', { address: '10.0.1.254', length: 24 }],
  ['0.0.0.0/0', { address: '0.0.0.0', length: 0 }],
  ['10.0.1.1/32', { address: '10.0.1.1', length: 32 }],
  ['10.0.1.1/33', undefined],
  ['10.0.1.1/08', undefined],
  ['10.0.1.1', undefined],
  ['10.0.1/24', undefined],
  ['10.0.1.1/24/3', undefined],
])('prefix %j is %j', (text, expected) => {
  expect(parseIpv4Prefix(text)).toEqual(expected);
});

test.each([
  ['10.0.1.254/24', '10.0.1.0', ['10.0.1.0', '10.0.1.255'], ['10.0.2.1', '10.0.0.255']],
  [
    '192.168.255.255/17',
    '192.168.128.0',
    ['192.168.128.0', '192.168.255.1'],
    ['192.168.127.255', '64.40.128.1'],
  ],
  ['1.2.3.4/0', '0.0.0.0', ['0.0.0.0', '255.255.255.255'], []],
  ['1.2.3.4/32', '1.2.3.4', ['1.2.3.4'], ['1.2.3.5']],
])('network %s', (text, network, inside, outside) => {
  const prefix = parseIpv4Prefix(text);
  if (prefix === undefined) throw new Error('no prefix');
  expect(prefixNetwork(prefix)).toBe(network);
  for (const address of inside) expect(prefixContains(prefix, address)).toBe(true);
  for (const address of outside) expect(prefixContains(prefix, address)).toBe(false);
});

test('numbers and bytes of addresses, and back', () => {
  expect(macToBigint('02:00:00:00:01:0a')).toBe(0x02000000010an);
  expect(ipv4ToNumber('10.0.1.100')).toBe(0x0a000164);
  expect(ipv4ToNumber('255.0.0.1')).toBe(0xff000001);
  fc.assert(
    fc.property(mac, ipv4Address, (macAddress, ipAddress) => {
      expect(bigintToMac(macToBigint(macAddress))).toBe(macAddress);
      expect(numberToIpv4(ipv4ToNumber(ipAddress))).toBe(ipAddress);
      const bytes = new Uint8Array(12);
      writeMac(bytes, 1, macAddress);
      writeIpv4(bytes, 8, ipAddress);
      expect([readMac(bytes, 1), readIpv4(bytes, 8)]).toEqual([macAddress, ipAddress]);
    }),
  );
});

test('multicast is the lowest bit of the first octet', () => {
  expect(['01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '02:00:00:00:00:01'].map(isMulticastMac)).toEqual([
    true,
    true,
    false,
  ]);
});

test('what is no address is refused by name', () => {
  expect(() => macToBigint('02:00:00:00:01:0A')).toThrow(
    'MAC address: found 02:00:00:00:01:0A, expected six lower-case',
  );
  expect(() => ipv4ToNumber('10.0.0.300')).toThrow(
    'IPv4 address: found 10.0.0.300, expected four decimal octets',
  );
  expect(() => numberToIpv4(-1)).toThrow(RangeError);
  expect(() => bigintToMac(1n << 48n)).toThrow(RangeError);
});
