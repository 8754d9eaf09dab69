import { readFileSync } from 'node:fs';
import { parseUdpArrivals, spreadOf } from '../../../src/bench/gateway/spread';

test('the spread is the largest difference from an even share', () => {
  expect(spreadOf([100, 100, 100])).toBe(0);
  expect(spreadOf([90, 100, 110])).toBeCloseTo(0.1);
  // A session proxy: all at one store.
  expect(spreadOf([300, 0, 0])).toBeCloseTo(2);
  expect(spreadOf([0, 0, 0])).toBeNull();
});

test('what arrived at UDP sockets counts whether there was room or not', () => {
  const snmp = [
    'Ip: Forwarding DefaultTTL',
    'Ip: 1 64',
    'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors',
    'Udp: 1200 3 34 1100 34 0',
    'UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors',
    'UdpLite: 0 0 0 0 0 0',
  ].join('\n');
  expect(parseUdpArrivals(snmp)).toBe(1234);
  expect(() => parseUdpArrivals('Tcp: a\nTcp: 1\n')).toThrow('no counts of UDP');
  expect(parseUdpArrivals(readFileSync('/proc/self/net/snmp', 'utf8'))).toBeGreaterThanOrEqual(0);
});
