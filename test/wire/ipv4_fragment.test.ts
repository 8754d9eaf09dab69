import fc from 'fast-check';
import { decodeIpv4, encodeIpv4, IPV4_DEFAULTS, type Ipv4Packet } from '../../src/wire/ipv4';
import { combineIpv4, fragmentIpv4 } from '../../src/wire/ipv4_fragment';

const packet = (payload: Uint8Array, more: Partial<Ipv4Packet> = {}): Ipv4Packet => ({
  ...IPV4_DEFAULTS,
  identification: 7,
  protocol: 17,
  source: '10.0.1.1',
  destination: '10.0.1.2',
  payload,
  ...more,
});

test('fragments fit, are multiples of 8 but for the last, and together are the packet', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 28, max: 9000 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.boolean(),
      (mtu, length, before, moreFragments) => {
        const payload = Uint8Array.from({ length: moreFragments ? length * 8 : length }, (_, i) => i & 0xff);
        const whole = packet(payload, { fragmentOffset_bytes: before * 8, moreFragments });
        const fragments = fragmentIpv4(whole, mtu);
        for (const [i, fragment] of fragments.entries()) {
          const bytes = fragment.payload.length + 20;
          expect(bytes).toBeLessThanOrEqual(mtu);
          const is_last = i === fragments.length - 1;
          if (!is_last) expect(fragment.payload.length % 8).toBe(0);
          expect(fragment.moreFragments).toBe(!is_last || moreFragments);
        }
        const [first, ...rest] = fragments;
        if (first === undefined) throw new Error('no fragment');
        const again = combineIpv4([first, ...rest]);
        expect(Buffer.compare(again.payload, payload)).toBe(0);
        expect({ ...again, payload }).toEqual(whole);
      },
    ),
    { numRuns: 100 },
  );
});

test('only options that say so are in every fragment', () => {
  // Router alert (RFC 2113) is copied, a timestamp (RFC 791) is not.
  const options = Uint8Array.of(0x94, 4, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0);
  const fragments = fragmentIpv4(packet(new Uint8Array(3000), { options }), 1500);
  expect(fragments.map((one) => Buffer.from(one.options).toString('hex'))).toEqual([
    Buffer.from(options).toString('hex'),
    '94040000',
    '94040000',
  ]);
  for (const fragment of fragments) expect(decodeIpv4(encodeIpv4(fragment))).toBeDefined();
});

test('what does not fit at all, or is not a neighbour, is refused', () => {
  expect(() => fragmentIpv4(packet(new Uint8Array(100)), 27)).toThrow(/mtu/);
  const [first, second, third] = fragmentIpv4(packet(new Uint8Array(100)), 68);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three fragments');
  expect(() => combineIpv4([first, third])).toThrow(/fragmentOffset/);
});
