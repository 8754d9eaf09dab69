import { internetChecksum } from '../../src/wire/checksum';
import { decodeFragmentationNeeded, encodeFragmentationNeeded } from '../../src/wire/icmp';
import { encodeIpv4, IPV4_DEFAULTS } from '../../src/wire/ipv4';

const packet = encodeIpv4({
  ...IPV4_DEFAULTS,
  protocol: 17,
  source: '10.0.1.100',
  destination: '10.0.1.11',
  options: Uint8Array.of(1, 1, 1, 0),
  payload: Uint8Array.from({ length: 64 }, (_, i) => i),
});

test('quotes the header with its options and eight octets', () => {
  const message = encodeFragmentationNeeded(1400, packet);
  // RFC 792: type 3, code 4; RFC 1191: 16 unused bits, then the MTU.
  expect([...message.subarray(0, 2)]).toEqual([3, 4]);
  expect([...message.subarray(4, 8)]).toEqual([0, 0, 1400 >> 8, 1400 & 255]);
  expect(internetChecksum(message)).toBe(0);
  expect(decodeFragmentationNeeded(message)).toEqual({
    nextHopMtu: 1400,
    quoted: packet.subarray(0, 24 + 8),
  });
});

test.each([
  ['cut short', (bytes: Uint8Array) => bytes.subarray(0, 30)],
  ['of another type', (bytes: Uint8Array) => Uint8Array.of(8, ...bytes.subarray(1))],
  ['damaged', (bytes: Uint8Array) => Uint8Array.from(bytes, (octet, i) => (i === 20 ? octet ^ 1 : octet))],
])('a message %s is none', (_name, change) => {
  expect(decodeFragmentationNeeded(change(encodeFragmentationNeeded(1400, packet)))).toBeUndefined();
});
