import fc from 'fast-check';
import { Combiner } from '../../src/controller/combiner';
import { encodeIpv4, IPV4_DEFAULTS, type Ipv4Packet } from '../../src/wire/ipv4';
import { combineIpv4, fragmentIpv4 } from '../../src/wire/ipv4_fragment';

const packet = (octets: number, options = new Uint8Array(0)): Ipv4Packet => ({
  ...IPV4_DEFAULTS,
  identification: 77,
  dontFragment: true,
  protocol: 17,
  source: '10.0.1.11',
  destination: '10.0.1.100',
  options,
  payload: Uint8Array.from({ length: octets }, (_, i) => (i * 31) & 0xff),
});

test('as few packets as fit, each as soon as it is full, together the datagram', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1500, max: 65_000 }),
      fc.integer({ min: 576, max: 1500 }),
      fc.integer({ min: 1501, max: 9216 }),
      fc.integer({ min: 0, max: 10 }),
      (octets, mtu, size, option_words) => {
        const whole = packet(octets, new Uint8Array(option_words * 4).fill(1));
        const combiner = new Combiner(size);
        const out: Ipv4Packet[] = [];
        let octets_in = 0;
        for (const fragment of fragmentIpv4(whole, mtu)) {
          octets_in += fragment.payload.length;
          out.push(...combiner.add(fragment));
          const octets_out = out.reduce((sum, { payload }) => sum + payload.length, 0);
          if (octets_in - octets_out > size) throw new Error('a full packet waits');
        }
        expect(combiner.waiting).toBe(0);
        // What a router would make of the whole datagram.
        expect(out.length).toBeLessThanOrEqual(fragmentIpv4(whole, size).length);
        expect(Math.max(...out.map((one) => encodeIpv4(one).length))).toBeLessThanOrEqual(size);
        const [first, ...others] = out;
        if (first === undefined) throw new Error('nothing came out');
        const together = Buffer.from(encodeIpv4(combineIpv4([first, ...others])));
        expect(together.equals(encodeIpv4(whole))).toBe(true);
      },
    ),
  );
});
