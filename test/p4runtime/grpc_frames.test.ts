import fc from 'fast-check';
import { frameMessages, MessageReader } from '../../src/p4runtime/grpc_frames';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

test('messages come out whole and in order, however the connection cuts them', () => {
  fc.assert(
    fc.property(fc.array(bytes), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (messages, lengths) => {
      const framed = frameMessages(messages);
      const reader = new MessageReader();
      const read: Buffer[] = [];
      for (let at = 0; at < framed.length;) {
        const end = at + Number(lengths.next().value);
        reader.read(framed.subarray(at, end), (message) => read.push(Buffer.from(message)));
        at = end;
      }
      expect(read).toEqual(messages);
    }),
  );
});

test('what is not gRPC is refused', () => {
  const read = (...piece: number[]) => new MessageReader().read(Buffer.from(piece), () => undefined);
  expect(() => read(1, 0, 0, 0, 0)).toThrow(/compressed/);
  expect(() => read(0x48, 0x54, 0x54, 0x50, 0x2f)).toThrow(/not a gRPC message: flag 72/);
  expect(() => read(0, 0xff, 0, 0, 0)).toThrow(/length 4278190080/);
});
