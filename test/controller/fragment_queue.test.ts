import fc from 'fast-check';
import { FragmentQueue, type Fragment } from '../../src/controller/fragment_queue';
import { IPV4_DEFAULTS, type Ipv4Packet } from '../../src/wire/ipv4';
import { fragmentIpv4 } from '../../src/wire/ipv4_fragment';

const DATA = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 0xff);
const WHOLE: Ipv4Packet = {
  ...IPV4_DEFAULTS,
  protocol: 17,
  source: '10.0.1.11',
  destination: '10.0.1.100',
  payload: DATA,
};

const fragment = (packet: Ipv4Packet): Fragment => ({ frame: packet.payload, packet });
const piece = (first: number, end: number, more: Partial<Ipv4Packet> = {}): Fragment =>
  fragment({
    ...WHOLE,
    fragmentOffset_bytes: first,
    moreFragments: end < DATA.length,
    payload: DATA.subarray(first, end),
    ...more,
  });

function takeAll(queue: FragmentQueue): Fragment[] {
  const taken: Fragment[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next);
  return taken;
}

test('whatever the order and however often, each leaves once and in order', () => {
  const shuffled = fc
    .integer({ min: 100, max: 2000 })
    .chain((mtu) => {
      const fragments = fragmentIpv4(WHOLE, mtu).map(fragment);
      const again = fc.subarray(fragments);
      return again.map((more) => [...fragments, ...more]);
    })
    .chain((fragments) => fc.shuffledSubarray(fragments, { minLength: fragments.length }));
  fc.assert(
    fc.property(shuffled, fc.boolean(), (fragments, is_end_known) => {
      const queue = new FragmentQueue();
      queue.start(0);
      if (is_end_known) queue.setEnd(DATA.length);
      const taken: Fragment[] = [];
      for (const one of fragments) {
        expect(['kept', 'repeated']).toContain(queue.add(one));
        taken.push(...takeAll(queue));
      }
      expect(Buffer.concat(taken.map(({ packet }) => packet.payload))).toEqual(Buffer.from(DATA));
      expect(queue.is_complete).toBe(true);
      expect(queue.size).toBe(0);
    }),
  );
});

test('nothing leaves before it is known what has passed', () => {
  const queue = new FragmentQueue();
  expect(queue.add(piece(1600, 2400))).toBe('kept');
  expect(queue.add(piece(800, 1600))).toBe('kept');
  expect(queue.take()).toBeUndefined();
  expect(queue.start(800)).toBe(0);
  expect(takeAll(queue)).toEqual([piece(800, 1600), piece(1600, 2400)]);
  expect(queue.is_complete).toBe(false);
  expect(queue.add(piece(2400, 3000))).toBe('kept');
  expect(takeAll(queue)).toEqual([piece(2400, 3000)]);
  expect(queue.is_complete).toBe(true);
});

test('what waited and has passed meanwhile is left out', () => {
  const queue = new FragmentQueue();
  queue.add(piece(800, 1600));
  queue.add(piece(1600, 2400));
  expect(queue.start(1600)).toBe(1);
  expect(takeAll(queue)).toEqual([piece(1600, 2400)]);
});

test.each<[string, Fragment[], Fragment, string]>([
  ['again what waits', [piece(800, 1600)], piece(800, 1600), 'repeated'],
  ['again what has passed', [], piece(0, 80), 'repeated'],
  ['partly what has passed', [], piece(392, 800), 'overlapping'],
  ['partly what waits before it', [piece(800, 1600)], piece(1200, 2000), 'contradicting'],
  ['partly what waits after it', [piece(1600, 2400)], piece(1200, 2000), 'contradicting'],
  ['more than what waits', [piece(1600, 2400)], piece(1200, 2800), 'contradicting'],
  [
    'other octets in the same place',
    [piece(800, 1600)],
    piece(800, 1600, { payload: new Uint8Array(800) }),
    'contradicting',
  ],
  ['another end', [piece(2400, 3000)], piece(1600, 2200, { moreFragments: false }), 'contradicting'],
  [
    'an end before what waits',
    [piece(1600, 2400)],
    piece(800, 1600, { moreFragments: false }),
    'contradicting',
  ],
  [
    'octets after the end',
    [piece(2400, 3000)],
    piece(2400, 3000, { fragmentOffset_bytes: 3000 }),
    'contradicting',
  ],
  [
    'a middle that reaches the end',
    [piece(2400, 3000)],
    piece(2200, 3000, { moreFragments: true }),
    'contradicting',
  ],
  ['nothing', [], piece(800, 800), 'malformed'],
  ['a middle of odd size', [], piece(800, 1001), 'malformed'],
  ['octets beyond what IP can carry', [], piece(0, 3000, { fragmentOffset_bytes: 65_000 }), 'malformed'],
])('%s', (_name, before, late, fate) => {
  const queue = new FragmentQueue();
  queue.start(496);
  for (const one of before) expect(queue.add(one)).toBe('kept');
  expect(queue.add(late)).toBe(fate);
  expect(queue.size).toBe(before.length);
});

test.each([
  ['another end than the last fragment has', [piece(2400, 3000)], 2800],
  ['an end before what waits', [piece(1600, 2400)], 2000],
  ['an end where others follow', [piece(1600, 2400)], 2400],
])('%s contradicts what is here', (_name, before, octets) => {
  const queue = new FragmentQueue();
  for (const one of before) queue.add(one);
  expect(queue.setEnd(octets)).toBe(false);
});
