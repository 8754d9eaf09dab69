import fc from 'fast-check';
import { ControllerPacketMetadata, PacketMetadata } from 'p4runtime-js';
import { PacketHeader } from '../../../src/switch/server/packet_header';

function header(widths: number[]): PacketHeader {
  const metadata = widths.map((bitwidth, i) => ({ id: i + 1, name: `f${i}`, bitwidth }));
  return new PacketHeader('packet_in', ControllerPacketMetadata.fromPartial({ metadata }));
}

/** Field widths, and a value for each. */
const fields = fc
  .array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 })
  .map((widths) => {
    const odd = widths.reduce((sum, width) => sum + width, 0) % 8;
    return odd === 0 ? widths : [...widths, 8 - odd];
  })
  .chain((widths) =>
    fc.record({
      widths: fc.constant(widths),
      values: fc.tuple(...widths.map((width) => fc.bigInt(0n, (1n << BigInt(width)) - 1n))),
      zeros: fc.nat(8),
    }),
  );

test('fields of any width go in and come out, in the shortest form, however many zeros were in front', () => {
  fc.assert(
    fc.property(fields, ({ widths, values, zeros }) => {
      const bytes = (value: bigint) => {
        const hex = value.toString(16);
        return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
      };
      const shortest = values.map((value, i) => ({ metadataId: i + 1, value: bytes(value) }));
      const padded = shortest.map(({ metadataId, value }) => ({
        metadataId,
        value: Buffer.concat([Buffer.alloc(zeros), value]),
      }));
      const packet_in = header(widths);
      const encoded = packet_in.encode(padded.reverse());
      const expected = values.reduce((all, value, i) => (all << BigInt(widths[i] ?? 0)) | value, 0n);
      expect(Buffer.from(encoded).toString('hex')).toBe(
        expected.toString(16).padStart(packet_in.length_bytes * 2, '0'),
      );
      expect(packet_in.decode(Buffer.concat([encoded, Buffer.of(9)]))).toEqual(shortest);
    }),
  );
});

test.each([[[9, 7]], [[64, 9, 7]]])('what does not fit is refused, by name: %j', (widths) => {
  const out = header(widths);
  const of = (...values: number[][]) =>
    values.map((value, i) => ({ metadataId: i + 1, value: Buffer.from(value) }));
  const good = widths.map(() => [1]);
  const [, ...rest] = good;
  expect(() => out.encode(of(...good).slice(1))).toThrow(/metadata f0 \(id 1\) is missing/);
  expect(() => out.encode([...of(...good), ...of([1])])).toThrow(/metadata f0 \(id 1\) is given twice/);
  expect(() => out.encode(of(...good, [1]))).toThrow(/no metadata with id/);
  expect(() => out.encode(of([], ...rest))).toThrow(/metadata f0: an empty byte string/);
  const wide = Array.from({ length: 9 }, () => 255);
  expect(() => out.encode(of(wide, ...rest))).toThrow(/metadata f0: 0xf+ does not fit/);
  expect(() => out.encode(of(...rest, [0x80]).map((one) => one))).toThrow(/does not fit bit<7>/);
  expect(out.decode(Buffer.alloc(out.length_bytes - 1))).toBeUndefined();
});

test('fields that end within a byte: the byte is filled up with zeros', () => {
  const metadata = [
    { id: 1, name: 'port', bitwidth: 9 },
    { id: 2, name: 'flag', bitwidth: 1 },
  ];
  const header = new PacketHeader('packet_out', ControllerPacketMetadata.fromPartial({ metadata }));
  const given = [
    { metadataId: 1, value: Buffer.from([0x01, 0x02]) },
    { metadataId: 2, value: Buffer.from([1]) },
  ].map((one) => PacketMetadata.fromPartial(one));
  const bytes = header.encode(given);
  expect(Buffer.from(bytes).toString('hex')).toBe('8140');
  expect(header.decode(bytes)).toEqual(given.map(({ metadataId, value }) => ({ metadataId, value })));
});

test('a header with strings that the program does not have: packet-outs alone are refused', () => {
  const metadata = [{ id: 1, name: 'port', typeName: { name: 'port_t' } }];
  const header = new PacketHeader('packet_in', ControllerPacketMetadata.fromPartial({ metadata }));
  expect(header.length_bytes).toBe(0);
  const given = PacketMetadata.fromPartial({ metadataId: 1, value: Buffer.from('Ethernet0') });
  expect(() => header.encode([given])).toThrow(/without a width/);
});
