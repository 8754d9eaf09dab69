import fc from 'fast-check';
import { decodePcap, encodePcap, encodePcapHeader, encodePcapPacket, PcapError } from '../../src/wire/pcap';
import { captureBytes, CAPTURES } from './golden';

const packet = fc
  .record({
    timestamp_ns: fc.bigInt({ min: 0n, max: 0xffffffffn * 1_000_000_000n }),
    data: fc.uint8Array({ maxLength: 100 }),
    cut: fc.nat(50),
  })
  .map(({ timestamp_ns, data, cut }) => ({ timestamp_ns, data, originalLength: data.length + cut }));

test('files of both byte orders and precisions come back', () => {
  fc.assert(
    fc.property(fc.array(packet), fc.boolean(), fc.boolean(), (packets, littleEndian, nanoseconds) => {
      const format = { littleEndian, nanoseconds, linkType: 1, snapLength: 65535 };
      const unit = nanoseconds ? 1n : 1000n;
      const kept = packets.map((each) => ({ ...each, timestamp_ns: (each.timestamp_ns / unit) * unit }));
      expect(decodePcap(encodePcap(packets, format), 'x')).toEqual({ ...format, packets: kept });
    }),
  );
});

test.each(CAPTURES)('%s: what tcpdump wrote is written again byte by byte', (capture) => {
  const bytes = captureBytes(capture);
  const { packets, ...format } = decodePcap(bytes, capture);
  expect(format).toMatchObject({
    linkType: 1,
    littleEndian: true,
    nanoseconds: capture.startsWith('nfs_udp'),
  });
  expect(Buffer.compare(encodePcap(packets, format), bytes)).toBe(0);
});

test('a file can be written packet by packet', () => {
  const packets = decodePcap(captureBytes('nfs_udp'), 'x').packets;
  const pieces = [encodePcapHeader(), ...packets.map((each) => encodePcapPacket(each))];
  expect(decodePcap(Buffer.concat(pieces), 'x').packets).toEqual(packets);
});

describe('a bad file', () => {
  const whole = captureBytes('nfs_udp');
  const refusal = (bytes: Uint8Array): PcapError => {
    try {
      decodePcap(bytes, 'run.pcap');
    } catch (error) {
      if (error instanceof PcapError) return error;
      throw error;
    }
    throw new Error('not refused');
  };

  test.each<[string, Uint8Array, string]>([
    [
      'empty',
      whole.subarray(0, 0),
      'run.pcap: at byte 0, after 0 packets: truncated: 0 bytes of a 24-byte file header',
    ],
    ['a short header', whole.subarray(0, 23), 'truncated: 23 bytes of a 24-byte file header'],
    [
      'half a packet header',
      whole.subarray(0, 24 + 10),
      'at byte 24, after 0 packets: truncated: 10 bytes of a 16-byte',
    ],
    ['half a packet', whole.subarray(0, -1), 'after 17 packets: truncated: 77 of a packet'],
    [
      'text',
      Buffer.from('this is no capture file'.repeat(2)),
      'found magic 74686973, expected a1b2c3d4 or a1b23c4d',
    ],
    [
      'pcapng',
      Buffer.from(`0a0d0d0a${'00'.repeat(30)}`, 'hex'),
      'found a pcapng file, expected classic pcap',
    ],
    [
      'an absurd length',
      Buffer.concat([whole.subarray(0, 32), Buffer.alloc(8, 0xff)]),
      'at byte 24, after 0 packets: found packet length 4294967295, expected at most 2^27',
    ],
  ])('%s', (_name, bytes, message) => {
    expect(refusal(bytes).message).toContain(message);
  });

  test('keeps the packets before the damage', () => {
    const { packets } = decodePcap(whole, 'x');
    const error = refusal(whole.subarray(0, -1));
    expect(error.packets).toEqual(packets.slice(0, -1));
    expect(error.offset).toBe(whole.length - 16 - (packets.at(-1)?.data.length ?? 0));
  });

  test('noise gives a capture or a PcapError, nothing else', () => {
    const header = Buffer.from(encodePcapHeader());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, headed) => {
        const bytes = headed ? Buffer.concat([header, noise]) : noise;
        try {
          decodePcap(bytes, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(PcapError);
        }
      }),
    );
  });
});
