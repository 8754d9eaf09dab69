import * as fc from 'fast-check';
import { PROBE_PORT } from '../../src/controller/check_plan';
import { compareForwarding, HEALTH_CHECK_PORT } from '../../src/demo/forwarding';
import { encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { encodeTcpFrame } from '../../src/wire/frame';
import { IP_PROTOCOL } from '../../src/wire/ipv4';
import { TCP_FLAG, type TcpSegment } from '../../src/wire/tcp';
import {
  ADDRESSES,
  callFrame,
  ipv4Frame,
  link,
  OWN,
  probeAnswerFrame,
  probeFrame,
  replyFrame,
} from './links';

test('frames that differ in their Ethernet addresses only are forwarded', () => {
  const captures = [
    link('client1', [1, callFrame('client1', 1)], [4, replyFrame('client1', 1)]),
    link('store1', [2, callFrame('store1', 1)], [3, replyFrame('store1', 1)]),
  ];
  expect(compareForwarding(captures, ADDRESSES)).toEqual({
    forwarded: 2,
    altered: 0,
    alteredFrames: [],
    not_forwarded: 0,
  });
});

test('a change of any byte after the Ethernet addresses is found, also one that breaks a checksum', () => {
  const sent = callFrame('client1', 1);
  const etherType_index = 13;
  fc.assert(
    fc.property(
      fc.integer({ min: 12, max: sent.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (index, change) => {
        const left = callFrame('store1', 1);
        left[index] = (left[index] ?? 0) ^ change;
        fc.pre(index !== etherType_index || left[index] !== (ETHERTYPE.arp & 0xff));
        const captures = [link('client1', [1, sent]), link('store1', [2, left])];
        expect(compareForwarding(captures, ADDRESSES)).toMatchObject({ forwarded: 0, altered: 1 });
      },
    ),
  );
});

test('a frame cut short is altered', () => {
  const captures = [
    link('client1', [1, callFrame('client1', 1)]),
    link('store1', [2, callFrame('store1', 1).subarray(0, 40)]),
  ];
  expect(compareForwarding(captures, ADDRESSES)).toMatchObject({ forwarded: 0, altered: 1 });
});

test('a frame that leaves twice but came once is altered', () => {
  const captures = [
    link('client1', [1, callFrame('client1', 1)], [2, callFrame('client1', 2)]),
    link('store1', [3, callFrame('store1', 1)]),
    link('store2', [3, callFrame('store2', 1)]),
  ];
  const report = compareForwarding(captures, ADDRESSES);
  expect(report).toMatchObject({ forwarded: 1, altered: 1 });
  expect(report.alteredFrames).toEqual([expect.stringMatching(/^to store2: 020000000212/)]);
});

test('a frame sent back to the side it came from is altered', () => {
  const captures = [link('client1', [1, callFrame('client1', 1)], [2, callFrame('store1', 1)])];
  expect(compareForwarding(captures, ADDRESSES)).toMatchObject({ forwarded: 0, altered: 1 });
});

const ARP = encodeEthernet({
  source: '02:00:00:00:00:01',
  destination: '02:00:00:00:02:11',
  etherType: ETHERTYPE.arp,
  payload: new Uint8Array(28),
});

test("ARP, ICMP from an own address and health checks are the virtualizer's own", () => {
  const icmp = ipv4Frame('store1', IP_PROTOCOL.icmp, new Uint8Array(8));
  const captures = [link('store1', [1, probeFrame('store1', 1)], [2, ARP], [3, icmp])];
  expect(compareForwarding(captures, ADDRESSES)).toMatchObject({ forwarded: 0, altered: 0 });
});

test("health checks come from the controller's port", () => {
  expect(HEALTH_CHECK_PORT).toBe(PROBE_PORT);
});

test.each([
  ["a client's request", link('store1', [2, callFrame('store1', 1, undefined, OWN)])],
  ["a client's TCP segment", link('store1', [2, ipv4Frame('store1', IP_PROTOCOL.tcp, new Uint8Array(20))])],
  ['a health check to a client', link('client1', [2, probeFrame('client1', 1)])],
  [
    'an IPv4 header without a transport header',
    link('store1', [2, ipv4Frame('store1', IP_PROTOCOL.udp, new Uint8Array(0))]),
  ],
  [
    'ICMP from another address',
    link('store1', [2, ipv4Frame('store1', IP_PROTOCOL.icmp, new Uint8Array(8), '10.0.9.9')]),
  ],
])('%s in the name of the virtualizer is altered', (_, capture) => {
  expect(compareForwarding([capture], ADDRESSES)).toMatchObject({ forwarded: 0, altered: 1 });
});

test('frames that did not leave are counted, each as often as it entered', () => {
  const captures = [
    link('client1', [1, callFrame('client1', 1)], [2, callFrame('client1', 1)], [3, callFrame('client1', 2)]),
    link('store1', [4, callFrame('store1', 1)], [5, replyFrame('store1', 1)]),
  ];
  expect(compareForwarding(captures, ADDRESSES)).toMatchObject({
    forwarded: 1,
    altered: 0,
    not_forwarded: 3,
  });
});

test('what entered for the virtualizer itself need not leave', () => {
  const answer = probeAnswerFrame('store1', 1);
  expect(compareForwarding([link('store1', [1, answer])], ADDRESSES)).toMatchObject({ not_forwarded: 0 });
});

test('what has the connections of a dead store reset is the virtualizer’s own, and nothing like it is', () => {
  const segment = (changes: Partial<TcpSegment> = {}) =>
    encodeTcpFrame(
      {
        sourceMac: '02:00:00:00:00:01',
        destinationMac: '02:00:00:00:01:11',
        source: ADDRESSES.vip,
        destination: '10.0.1.11',
      },
      {
        sourcePort: 2049,
        destinationPort: 700,
        sequence: 2 ** 31,
        acknowledgement: 0,
        flags: TCP_FLAG.ack,
        window: 0,
        urgentPointer: 0,
        options: new Uint8Array(0),
        payload: new Uint8Array(0),
        ...changes,
      },
    );
  const altered = (frame: Uint8Array) =>
    compareForwarding([link('client1', [1, frame]), link('store1')], ADDRESSES).altered;
  expect(altered(segment())).toBe(0);
  expect(altered(segment({ sequence: 0 }))).toBe(0);
  expect(altered(segment({ sequence: 1 }))).toBe(1);
  expect(altered(segment({ window: 1 }))).toBe(1);
  expect(altered(segment({ flags: TCP_FLAG.rst }))).toBe(1);
  expect(altered(segment({ payload: Uint8Array.of(1) }))).toBe(1);
});
