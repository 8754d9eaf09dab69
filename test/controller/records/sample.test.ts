import fc from 'fast-check';
import { frameLength, readSample } from '../../../src/controller/records/sample';
import { decodeEthernet, encodeEthernet } from '../../../src/wire/ethernet';
import { decodeIpv4, encodeIpv4 } from '../../../src/wire/ipv4';
import { fragmentIpv4 } from '../../../src/wire/ipv4_fragment';
import { VIP } from '../example';
import { callFrame, replyFrame, writeFrame } from './frames';

const ENDS = { client: { address: '10.0.1.11', port: 700 }, service: { address: VIP, port: 2049 } };

test('a call and its reply have the same ends', () => {
  expect(readSample(callFrame(5))).toMatchObject({
    ...ENDS,
    message: { kind: 'call', xid: 5 },
    message_bytes: 52,
  });
  expect(readSample(replyFrame(5))).toMatchObject({ ...ENDS, message: { kind: 'reply', xid: 5 } });
});

test('a frame that was cut short says how long it was', () => {
  const whole = writeFrame(6, 1000);
  const cut = whole.subarray(0, 512);
  const message_bytes = readSample(whole)?.message_bytes;
  expect(readSample(cut)).toMatchObject({ ...ENDS, message: { xid: 6, procedure: 7 }, message_bytes });
  expect(frameLength(cut)).toBe(whole.length);
});

test('of a request in pieces the first tells, others do not', () => {
  const ethernet = decodeEthernet(writeFrame(7, 8192));
  const packet = ethernet && decodeIpv4(ethernet.payload);
  if (ethernet === undefined || packet === undefined) throw new Error('no packet');
  const [first, second] = fragmentIpv4(packet, 1500).map((fragment) =>
    encodeEthernet({ ...ethernet, payload: encodeIpv4(fragment) }),
  );
  const sample = readSample(first ?? new Uint8Array(0));
  expect(sample).toMatchObject({ ...ENDS, message: { xid: 7 } });
  expect(sample?.message_bytes).toBeGreaterThan(8192);
  expect(readSample(second ?? new Uint8Array(0))).toBeUndefined();
});

test('whatever arrives is a sample or none', () => {
  const frames = [callFrame(1), writeFrame(2, 100), replyFrame(3)];
  fc.assert(
    fc.property(
      fc.constantFrom(...frames),
      fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      fc.nat(300),
      (frame, changes, length) => {
        const bytes = Uint8Array.from(frame);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const damaged = bytes.subarray(0, length);
        readSample(damaged);
        expect(frameLength(damaged)).toBeGreaterThanOrEqual(damaged.length);
      },
    ),
  );
});
