import fc from 'fast-check';
import { decodeArp, encodeArp, encodeArpRequestFrame } from '../../src/wire/arp';
import { decodeEthernet, encodeEthernet } from '../../src/wire/ethernet';
import { decodeFrame, encodeTcpFrame, encodeUdpFrame } from '../../src/wire/frame';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4';
import { decodeRpc, encodeRpc } from '../../src/wire/rpc';
import { decodeTcp, encodeTcp } from '../../src/wire/tcp';
import { decodeUdp, encodeUdp } from '../../src/wire/udp';
import * as arbitrary from './arbitrary';

test('Ethernet, tagged or not', () => {
  fc.assert(
    fc.property(arbitrary.ethernet, (frame) => expect(decodeEthernet(encodeEthernet(frame))).toEqual(frame)),
  );
});

test('ARP', () => {
  fc.assert(fc.property(arbitrary.arp, (packet) => expect(decodeArp(encodeArp(packet))).toEqual(packet)));
});

test('IPv4 with options and fragment fields', () => {
  fc.assert(fc.property(arbitrary.ipv4, (packet) => expect(decodeIpv4(encodeIpv4(packet))).toEqual(packet)));
});

test('UDP with and without checksum', () => {
  fc.assert(
    fc.property(arbitrary.udp, arbitrary.frameAddresses, fc.boolean(), (datagram, addresses, summed) => {
      const bytes = encodeUdp(datagram, summed ? addresses : undefined);
      expect(decodeUdp(bytes, addresses)).toEqual(datagram);
      expect(Buffer.from(bytes).readUInt16BE(6) === 0).toBe(!summed);
    }),
  );
});

test('a UDP checksum that comes out as 0 travels as 0xffff, since 0 says that there is none', () => {
  const addresses = { source: '10.0.0.1', destination: '10.0.0.2' };
  const datagram = { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(2) };
  // The checksum completes the sum: as payload it leaves nothing to complete.
  const payload = encodeUdp(datagram, addresses).slice(6, 8);
  const bytes = encodeUdp({ ...datagram, payload }, addresses);
  expect([...bytes.subarray(6, 8)]).toEqual([0xff, 0xff]);
  expect(decodeUdp(bytes, addresses)).toEqual({ ...datagram, payload });
});

test('TCP', () => {
  fc.assert(
    fc.property(arbitrary.tcp, arbitrary.frameAddresses, (segment, addresses) =>
      expect(decodeTcp(encodeTcp(segment, addresses), addresses)).toEqual(segment),
    ),
  );
});

test('RPC calls and replies', () => {
  fc.assert(
    fc.property(fc.oneof(arbitrary.rpcCall, arbitrary.rpcReply), (message) =>
      expect(decodeRpc(encodeRpc(message))).toEqual(message),
    ),
  );
});

test('whole UDP and TCP frames', () => {
  fc.assert(
    fc.property(arbitrary.frameAddresses, arbitrary.udp, arbitrary.tcp, (addresses, udp, tcp) => {
      const { sourceMac, destinationMac, source, destination } = addresses;
      const layers = {
        ethernet: { source: sourceMac, destination: destinationMac },
        ipv4: { source, destination, ttl: 9 },
      };
      expect(decodeFrame(encodeUdpFrame(addresses, udp, { ttl: 9 }))).toMatchObject({ ...layers, udp });
      expect(decodeFrame(encodeTcpFrame(addresses, tcp, { ttl: 9 }))).toMatchObject({ ...layers, tcp });
    }),
  );
});

/** Flips one bit outside `spared` bytes, whose values decide what is summed and so may hide a flip by chance. */
function flipBit(bytes: Uint8Array, position: number, length: number, spared: readonly number[]): void {
  const flippable = [...bytes.keys()].filter((index) => index < length && !spared.includes(index));
  const index = flippable[(position >> 3) % flippable.length] ?? 0;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (position & 7));
}

test('a single wrong bit in a summed datagram or header is noticed', () => {
  fc.assert(
    fc.property(arbitrary.frameAddresses, arbitrary.udp, fc.nat(), (addresses, udp, position) => {
      const bytes = encodeUdp(udp, addresses);
      flipBit(bytes, position, bytes.length, [4, 5]);
      // A flip that makes the checksum 0 says that there is none.
      const saysNone = bytes[6] === 0 && bytes[7] === 0;
      if (!saysNone) expect(decodeUdp(bytes, addresses)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(arbitrary.ipv4, fc.nat(), (packet, position) => {
      const bytes = encodeIpv4(packet);
      flipBit(bytes, position, 20 + packet.options.length, [0]);
      expect(decodeIpv4(bytes)).toBeUndefined();
    }),
  );
});

test('an ARP request frame asks everybody', () => {
  const frame = decodeFrame(encodeArpRequestFrame('02:00:00:00:02:01', '10.0.2.254', '10.0.2.11'));
  expect(frame).toMatchObject({
    ethernet: { destination: 'ff:ff:ff:ff:ff:ff', source: '02:00:00:00:02:01', etherType: 0x0806 },
    arp: {
      operation: 'request',
      senderMac: '02:00:00:00:02:01',
      senderIp: '10.0.2.254',
      targetMac: '00:00:00:00:00:00',
      targetIp: '10.0.2.11',
    },
  });
});

test('link padding is not payload', () => {
  const addresses = {
    sourceMac: '02:00:00:00:00:01',
    destinationMac: '02:00:00:00:00:02',
    source: '10.0.0.1',
    destination: '10.0.0.2',
  };
  const udp = { sourcePort: 1, destinationPort: 2, payload: new Uint8Array([1, 2, 3]) };
  const padded = new Uint8Array(60);
  padded.set(encodeUdpFrame(addresses, udp));
  expect(decodeFrame(padded)?.udp).toEqual(udp);
});

describe('encoders name the field that does not fit', () => {
  const ipv4 = fc.sample(arbitrary.ipv4, 1)[0];
  if (ipv4 === undefined) throw new Error('no sample');
  const ethernet = {
    destination: '02:00:00:00:00:02',
    source: '02:00:00:00:00:01',
    etherType: 1,
    payload: new Uint8Array(),
  };
  test.each<[string, () => unknown]>([
    ['ttl: found 256, expected an unsigned integer of 8 bits', () => encodeIpv4({ ...ipv4, ttl: 256 })],
    [
      'fragmentOffset_bytes: found 4, expected a multiple of 8',
      () => encodeIpv4({ ...ipv4, fragmentOffset_bytes: 4 }),
    ],
    [
      'options: found 5 bytes, expected a multiple of 4',
      () => encodeIpv4({ ...ipv4, options: new Uint8Array(5) }),
    ],
    [
      'IPv4 address: found 10.0.0, expected four decimal octets',
      () => encodeIpv4({ ...ipv4, source: '10.0.0' }),
    ],
    ['total length: found', () => encodeIpv4({ ...ipv4, payload: new Uint8Array(65535) })],
    ['MAC address: found 02:00, expected six', () => encodeEthernet({ ...ethernet, source: '02:00' })],
    ['etherType: found -1', () => encodeEthernet({ ...ethernet, etherType: -1 })],
  ])('%s', (message, encode) => {
    expect(encode).toThrow(RangeError);
    expect(encode).toThrow(message);
  });
});
