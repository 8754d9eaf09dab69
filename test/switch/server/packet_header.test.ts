import { PacketMetadata, ControllerPacketMetadata } from 'p4runtime-js';
import { PacketHeader } from '../../../src/switch/server/packet_header';

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
