/** Datagrams written as frames, and frames read as datagrams. */
import fc from 'fast-check';
import { FrameReceiver } from '../../../src/gateway/path/frame_receiver';
import { FrameWriter, type FrameSlots } from '../../../src/gateway/path/frame_writer';
import { wordSum } from '../../../src/wire/checksum';
import { ipv4ToNumber } from '../../../src/wire/address';
import { decodeEthernet, encodeEthernet } from '../../../src/wire/ethernet';
import { decodeFrame, encodeUdpFrame } from '../../../src/wire/frame';
import { decodeIpv4, encodeIpv4 } from '../../../src/wire/ipv4';
import { combineIpv4, fragmentIpv4 } from '../../../src/wire/ipv4_fragment';
import { decodeUdp } from '../../../src/wire/udp';
import { FakeClock } from '../../controller/fake_clock';

const MAC = '02:00:00:00:00:01';
const NEXT_HOP = '02:00:00:00:00:02';
const CLIENT = '10.0.1.1';
const VIP = '10.0.9.9';
const LIMITS = { datagrams_max: 8, octets_max: 400_000, wait_ms_max: 1000 };

/** Slots one after another; `written` are the frames. */
class Slots implements FrameSlots {
  readonly frames = new Uint8Array(400_000);
  private readonly ends: number[] = [];
  private used = 0;

  reserve(octets: number): number {
    const start = this.used;
    this.used += octets;
    this.ends.push(this.used);
    return start;
  }

  get written(): Uint8Array[] {
    return this.ends.map((end, i) => this.frames.subarray(this.ends[i - 1] ?? 0, end));
  }
}

const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(fc.integer({ min: 0, max: 65_507 }), fc.nat(255))
    .map(([length, seed]) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >> 8)) & 0xff)),
);

const sumOf = (payload: Uint8Array) =>
  wordSum(new DataView(payload.buffer, payload.byteOffset, payload.length), 0, payload.length);

test('what is written decodes to the datagram, in frames that fit', () => {
  fc.assert(
    fc.property(payloads, fc.integer({ min: 68, max: 9000 }), fc.nat(65_535), (payload, mtu, id) => {
      const slots = new Slots();
      const writer = new FrameWriter(slots, MAC, NEXT_HOP, mtu);
      writer.write(ipv4ToNumber(CLIENT), 512, ipv4ToNumber(VIP), 2049, payload, sumOf(payload), id, 0);
      const packets = slots.written.map((frame) => {
        const ethernet = decodeEthernet(frame);
        expect(ethernet).toMatchObject({ source: MAC, destination: NEXT_HOP, etherType: 0x0800 });
        expect(frame.length).toBeLessThanOrEqual(14 + mtu);
        const packet = decodeIpv4(ethernet?.payload ?? new Uint8Array(0));
        if (packet === undefined) throw new Error('not IPv4');
        return packet;
      });
      const [first, ...rest] = packets;
      if (first === undefined) throw new Error('nothing written');
      expect(first.dontFragment).toBe(rest.length === 0);
      if (rest.length > 0) expect(packets.every(({ identification }) => identification === id)).toBe(true);
      const whole = combineIpv4([first, ...rest]);
      expect(whole).toMatchObject({ source: CLIENT, destination: VIP, protocol: 17, moreFragments: false });
      const udp = decodeUdp(whole.payload, whole);
      expect(udp).toMatchObject({ sourcePort: 512, destinationPort: 2049 });
      expect(Buffer.compare(udp?.payload ?? new Uint8Array(0), payload)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('what is for a pool comes from the address that says so, all else does not', () => {
  const slots = new Slots();
  const writer = new FrameWriter(slots, MAC, NEXT_HOP, 1500);
  const payload = new Uint8Array(8);
  for (const pool_id of [0x0102, 0, 7, 0x0102]) {
    writer.write(ipv4ToNumber(CLIENT), 512, ipv4ToNumber(VIP), 20048, payload, 0, 0, pool_id);
  }
  const sources = slots.written.map((frame) => decodeEthernet(frame)?.source);
  expect(sources).toEqual(['02:73:77:67:01:02', MAC, '02:73:77:67:00:07', '02:73:77:67:01:02']);
});

interface Seen {
  ports: [number, number];
  addresses: [number, number];
  payload: Uint8Array;
  is_owned: boolean;
}

function receiver(limits = LIMITS) {
  const clock = new FakeClock();
  const counts = {
    ...{ rx_not_udp: 0, rx_bad_checksum: 0, reassembled: 0, fragments_refused: 0 },
    ...{ reassembly_timeouts: 0, reassembly_overflows: 0 },
  };
  const seen: Seen[] = [];
  const frames = new FrameReceiver(limits, clock, counts, (datagram) => {
    seen.push({
      ports: [datagram.source_port, datagram.destination_port],
      addresses: [datagram.source, datagram.destination],
      payload: datagram.buffer.slice(datagram.start, datagram.end),
      is_owned: datagram.is_owned,
    });
  });
  const read = (frame: Uint8Array) => {
    const buffer = Buffer.concat([Buffer.alloc(5, 0xee), frame, Buffer.alloc(7, 0xee)]);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    frames.read(buffer, view, 5, 5 + frame.length);
  };
  return { clock, counts, seen, frames, read };
}

const ADDRESSES = { sourceMac: NEXT_HOP, destinationMac: MAC, source: VIP, destination: CLIENT };

/** Frames with the datagram's fragments. */
function fragments(payload: Uint8Array, mtu: number, identification = 9): Uint8Array[] {
  const datagram = { sourcePort: 2049, destinationPort: 512, payload };
  const whole = decodeFrame(encodeUdpFrame(ADDRESSES, datagram, { identification }))?.ipv4;
  if (whole === undefined) throw new Error('no packet');
  return fragmentIpv4(whole, mtu).map((packet) =>
    encodeEthernet({ destination: MAC, source: NEXT_HOP, etherType: 0x0800, payload: encodeIpv4(packet) }),
  );
}

test('datagrams come out whole, whatever the order of their fragments', () => {
  const shuffled = payloads.chain((payload) =>
    fc.integer({ min: 600, max: 3000 }).chain((mtu) => {
      const frames = fragments(payload, mtu);
      return fc.tuple(
        fc.constant(payload),
        fc.shuffledSubarray(frames, { minLength: frames.length, maxLength: frames.length }),
      );
    }),
  );
  fc.assert(
    fc.property(shuffled, ([payload, frames]) => {
      const { seen, read, counts, frames: held } = receiver();
      for (const frame of frames) read(frame);
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatchObject({
        ports: [2049, 512],
        addresses: [ipv4ToNumber(VIP), ipv4ToNumber(CLIENT)],
        is_owned: frames.length > 1,
      });
      expect(Buffer.compare(seen[0]?.payload ?? new Uint8Array(0), payload)).toBe(0);
      expect(counts).toMatchObject({ fragments_refused: 0, rx_bad_checksum: 0 });
      expect(held.waiting).toBe(0);
      expect(held.octets).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a fragment that overlaps another ends the datagram', () => {
  const payload = new Uint8Array(5000).fill(1);
  const [first, second, ...rest] = fragments(payload, 1500);
  if (first === undefined || second === undefined) throw new Error('too few fragments');
  const { seen, read, counts } = receiver();
  for (const frame of [first, second, second, ...rest]) read(frame);
  expect(seen).toHaveLength(0);
  expect(counts.fragments_refused).toBe(1);
});

test('what misses a fragment is given up in time, its identification may come again', () => {
  const [first, ...rest] = fragments(new Uint8Array(5000).fill(1), 1500);
  const { seen, read, counts, clock, frames } = receiver();
  for (const frame of rest) read(frame);
  expect(frames.waiting).toBe(1);
  clock.advance(1000);
  frames.expire();
  expect(frames.waiting).toBe(0);
  expect(counts.reassembly_timeouts).toBe(1);
  if (first !== undefined) read(first);
  for (const frame of fragments(new Uint8Array(5000).fill(2), 1500, 10)) read(frame);
  expect(seen.map(({ payload }) => payload[0])).toEqual([2]);
});

test('parts of many datagrams: the oldest give way, memory is bounded', () => {
  const { read, counts, frames } = receiver();
  for (let id = 0; id < 100; id++) {
    const [first] = fragments(new Uint8Array(60_000), 1500, id);
    if (first !== undefined) read(first);
    expect(frames.waiting).toBeLessThanOrEqual(LIMITS.datagrams_max);
    expect(frames.octets).toBeLessThanOrEqual(LIMITS.octets_max);
  }
  expect(counts.reassembly_overflows).toBeGreaterThan(90);
});

test('a wrong checksum, of IP or UDP, and what is not UDP are counted', () => {
  const good = encodeUdpFrame(ADDRESSES, {
    sourcePort: 2049,
    destinationPort: 512,
    payload: Uint8Array.of(1, 2, 3),
  });
  const { seen, read, counts } = receiver();
  for (const at of [24, good.length - 1]) {
    const bad = Uint8Array.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0x40;
    read(bad);
  }
  expect(counts.rx_bad_checksum).toBe(2);
  read(good.subarray(0, 20));
  const tcp = Uint8Array.from(good);
  tcp[23] = 6;
  read(tcp);
  expect(counts.rx_not_udp).toBe(2);
  expect(seen).toHaveLength(0);
  read(good);
  expect(seen).toHaveLength(1);
});

test('any octets: no throw', () => {
  const damaged = fc
    .tuple(fc.uint8Array({ maxLength: 3000 }), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 }))
    .map(([payload, changes]) => {
      const frame = Uint8Array.from(fragments(payload, 1500)[0] ?? []);
      for (const [at, value] of changes) frame[at] = value;
      return frame;
    });
  const { read, frames } = receiver();
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (frame) => {
      read(frame);
      expect(frames.waiting).toBeLessThanOrEqual(LIMITS.datagrams_max);
      expect(frames.octets).toBeLessThanOrEqual(LIMITS.octets_max);
    }),
    { numRuns: 1000 },
  );
});
