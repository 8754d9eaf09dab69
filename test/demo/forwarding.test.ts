import * as fc from 'fast-check';
import { compareForwarding } from '../../src/demo/forwarding';
import { encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { ADDRESSES, callFrame, link, probeFrame, replyFrame } from './links';

test('frames that differ in their Ethernet addresses only are forwarded', () => {
  const captures = [
    link('client1', [1, callFrame('client1', 1)], [4, replyFrame('client1', 1)]),
    link('store1', [2, callFrame('store1', 1)], [3, replyFrame('store1', 1)]),
  ];
  expect(compareForwarding(captures, ADDRESSES)).toEqual({ forwarded: 2, altered: 0, alteredFrames: [] });
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

test("ARP and what comes from an own address are the virtualizer's own", () => {
  const arp = encodeEthernet({
    source: '02:00:00:00:00:01',
    destination: '02:00:00:00:02:11',
    etherType: ETHERTYPE.arp,
    payload: new Uint8Array(28),
  });
  const captures = [link('store1', [1, probeFrame('store1', 1)], [2, arp])];
  expect(compareForwarding(captures, ADDRESSES)).toMatchObject({ forwarded: 0, altered: 0 });
});
