import fc from 'fast-check';
import { P4RuntimeService, StreamMessageRequest, StreamMessageResponse } from 'p4runtime-js';

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } =
  P4RuntimeService.streamChannel;

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' }).map((all) => Buffer.from(all));
const packet = fc.record({
  payload: bytes(140),
  metadata: fc.array(
    fc.record({
      metadataId: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff })),
      value: bytes(10),
    }),
    { maxLength: 4 },
  ),
});

test('packets are written as the generated code writes them, and read as it reads them', () => {
  fc.assert(
    fc.property(packet, (value) => {
      const message = { update: { $case: 'packet' as const, value } };
      const request = Buffer.from(StreamMessageRequest.encode(message).finish());
      expect(requestSerialize(message)).toEqual(request);
      expect(requestDeserialize(request)).toEqual(message);
      const response = Buffer.from(StreamMessageResponse.encode(message).finish());
      expect(responseSerialize(message)).toEqual(response);
      expect(responseDeserialize(response)).toEqual(message);
    }),
  );
});

/** A value, or that there is none. */
function outcome<T>(decode: () => T): T | 'refused' {
  try {
    return decode();
  } catch {
    return 'refused';
  }
}

test('messages cut, changed or joined are read as the generated code reads them', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), end: fc.nat(), more: bytes(12) });
  fc.assert(
    fc.property(packet, change, (value, { at, byte, end, more }) => {
      const whole = Buffer.from(StreamMessageRequest.encode({ update: { $case: 'packet', value } }).finish());
      const changed = Buffer.from(whole);
      changed[at % whole.length] = byte;
      for (const message of [changed, whole.subarray(0, end % whole.length), Buffer.concat([whole, more])]) {
        const expected = outcome(() => StreamMessageRequest.decode(message));
        expect(outcome(() => requestDeserialize(message))).toEqual(expected);
      }
    }),
    { numRuns: 300 },
  );
});

test('the largest frames and a payload given twice', () => {
  const value = { payload: Buffer.alloc(70_000, 7), metadata: [] };
  const message = { update: { $case: 'packet' as const, value } };
  expect(requestDeserialize(requestSerialize(message))).toEqual(message);
  const twice = Buffer.from([0x12, 0x06, 0x0a, 0x01, 0x05, 0x0a, 0x01, 0x06]);
  expect(requestDeserialize(twice)).toEqual(StreamMessageRequest.decode(twice));
});
