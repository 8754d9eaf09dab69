import { AfPacketPort } from '../../../src/switch/ports/afpacket';
import { PortError } from '../../../src/afpacket/port_error';
import type { Port } from '../../../src/switch/ports/port';
import { deleteInterface, is_root, makeVethPair, ownName, setLink, setMtu } from './veth';

const [A, B] = [ownName('t0'), ownName('t1')] as const;

/** Frames of any length that say by their bytes which they are. */
function frameOf(length: number, seed = 1): Uint8Array {
  const frame = new Uint8Array(length);
  for (let i = 0; i < length; i++) frame[i] = (i * 7 + seed) & 0xff;
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  return frame;
}

function collect(port: Port): Uint8Array[] {
  const frames: Uint8Array[] = [];
  port.onReceive((_, buffer, start, end) => frames.push(buffer.slice(start, end)));
  return frames;
}

function send(port: Port, frame: Uint8Array): void {
  port.transmit(frame, 0, frame.length);
}

// Packet sockets and veth pairs need root; elsewhere the memory ports' tests cover the rest.
(is_root ? describe : describe.skip)('AF_PACKET ports over a veth pair', () => {
  let a: AfPacketPort;
  let b: AfPacketPort;

  beforeEach(() => {
    makeVethPair(A, B);
    a = new AfPacketPort(1, A);
    b = new AfPacketPort(2, B);
  });

  afterEach(() => {
    a.close();
    b.close();
    try {
      deleteInterface(A);
    } catch {
      // The test removed it.
    }
  });

  function drainB(): void {
    while (b.receiveBatch(64) > 0);
  }

  test.each([14, 60, 142, 1514, 9014])('a frame of %i bytes arrives as it left', (length) => {
    const received = collect(b);
    send(a, frameOf(length));
    a.flush();
    drainB();
    expect(received).toEqual([frameOf(length)]);
    expect(a.stats()).toMatchObject({ tx_frames: 1, tx_bytes: length, tx_dropped: 0 });
    expect(b.stats()).toMatchObject({ rx_frames: 1, rx_bytes: length, rx_dropped: 0 });
  });

  test('frames keep their order over several turns of the ring', () => {
    const received: number[] = [];
    b.onReceive((_, bytes, start) =>
      received.push((bytes[start + 14] ?? 0) * 256 + (bytes[start + 15] ?? 0)),
    );
    const sent: number[] = [];
    for (let i = 0; i < 5000; i++) {
      const frame = frameOf(60 + (i % 3) * 100);
      frame[14] = i >> 8;
      frame[15] = i & 0xff;
      sent.push(i);
      send(a, frame);
      if (i % 500 === 0) {
        a.flush();
        drainB();
      }
    }
    a.flush();
    drainB();
    expect(received).toEqual(sent);
    expect(b.stats().rx_dropped).toBe(0);
  });

  test('a VLAN tag is where it was on the wire', () => {
    const received = collect(b);
    for (const tpid of [0x8100, 0x88a8]) {
      const frame = frameOf(100);
      frame.set([tpid >> 8, tpid & 0xff, 0x60, 0x2a, 0x88, 0xb5], 12);
      send(a, frame);
      a.flush();
      drainB();
      expect(received.pop()).toEqual(frame);
    }
  });

  test('an MTU raised later makes room for its frames', () => {
    deleteInterface(A);
    makeVethPair(A, B, 1500);
    b.maintain();
    b.maintain();
    setMtu(A, 9000);
    setMtu(B, 9000);
    const sender = new AfPacketPort(3, A);
    const received = collect(b);
    send(sender, frameOf(9014));
    sender.flush();
    drainB();
    expect(b.stats().rx_truncated).toBe(1);
    b.maintain();
    send(sender, frameOf(9014));
    sender.flush();
    drainB();
    expect(received).toEqual([frameOf(9014)]);
    sender.close();
  });

  test.each([15_000, 32_000, 65_535])('frames of an MTU of %i arrive as they left', (mtu) => {
    deleteInterface(A);
    makeVethPair(A, B, mtu);
    // The old interfaces are gone; then there are the new ones.
    for (const port of [a, b, a, b]) port.maintain();
    const received = collect(b);
    const lengths = [60, mtu - 1000, mtu + 14];
    for (const length of lengths) send(a, frameOf(length));
    a.flush();
    drainB();
    expect(received).toEqual(lengths.map((length) => frameOf(length)));
    expect(a.stats()).toMatchObject({ tx_oversized: 0, tx_dropped: 0 });
  });

  test('an MTU raised later makes room for frames that leave, too', () => {
    for (const name of [A, B]) setMtu(name, 20_000);
    b.maintain();
    const received = collect(b);
    send(a, frameOf(20_014));
    expect(a.stats().tx_oversized).toBe(1);
    a.maintain();
    send(a, frameOf(20_014));
    a.flush();
    drainB();
    expect(received).toEqual([frameOf(20_014)]);
  });

  test('above the usual jumbo frames more than a few may wait', () => {
    for (const name of [A, B]) setMtu(name, 16_000);
    b.maintain();
    const received = collect(b);
    for (let i = 0; i < 1000; i++) {
      send(a, frameOf(60));
      if (i % 64 === 63) a.flush();
    }
    a.flush();
    drainB();
    expect(received).toHaveLength(1000);
  });

  test('larger slots are made although frames do not cease to come', () => {
    let count = 0;
    b.onReceive(() => {
      if (++count > 30_000) return;
      send(a, frameOf(60));
      a.flush();
    });
    send(a, frameOf(60));
    a.flush();
    for (const name of [A, B]) setMtu(name, 16_000);
    b.maintain();
    expect(count).toBeLessThan(30_000);
    expect(b.up).toBe(true);
  });

  test('own transmissions are not received', () => {
    const received = collect(a);
    send(a, frameOf(100));
    a.flush();
    expect(a.receiveBatch(64)).toBe(0);
    expect(received).toEqual([]);
  });

  test('a frame above the MTU is counted and the ones around it leave', () => {
    const received = collect(b);
    const lengths = [100, 9100, 200, 20_000, 300];
    for (const length of lengths) send(a, frameOf(length));
    a.flush();
    drainB();
    expect(received.map((frame) => frame.length)).toEqual([100, 200, 300]);
    expect(a.stats()).toMatchObject({ tx_frames: 3, tx_oversized: 2, tx_dropped: 0 });
  });

  test('a full ring drops and counts', () => {
    const received = collect(b);
    for (let i = 0; i < 3000; i++) send(a, frameOf(60));
    a.flush();
    drainB();
    const { rx_dropped } = b.stats();
    expect(rx_dropped).toBeGreaterThan(0);
    expect(received.length + rx_dropped).toBe(3000);
  });

  test('a link that goes down and up again is a port that goes down and up again', async () => {
    const received = collect(b);
    expect(a.up).toBe(true);
    setLink(A, 'down');
    a.onPollError();
    expect(a.up).toBe(false);
    send(a, frameOf(100));
    a.flush();
    expect(a.stats()).toMatchObject({ tx_frames: 0, tx_dropped: 1, downs: 1 });
    setLink(A, 'up');
    // The kernel tells of the carrier a moment later.
    for (let tries = 0; tries < 1000 && !a.up; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      a.maintain();
    }
    expect(a.up).toBe(true);
    send(a, frameOf(100));
    a.flush();
    drainB();
    expect(received).toHaveLength(1);
  });

  test('an interface that disappears takes its port down, and one of that name brings it back', () => {
    deleteInterface(A);
    send(a, frameOf(100));
    a.flush();
    b.onPollError();
    expect([a.up, b.up, a.fd, b.fd]).toEqual([false, false, -1, -1]);
    expect(a.stats()).toMatchObject({ tx_dropped: 1, downs: 1 });
    a.maintain();
    expect(a.up).toBe(false);

    makeVethPair(A, B);
    a.maintain();
    b.maintain();
    expect([a.up, b.up]).toEqual([true, true]);
    const received = collect(b);
    send(a, frameOf(100));
    a.flush();
    drainB();
    expect(received).toHaveLength(1);
  });
});

(is_root ? describe : describe.skip)('interfaces that cannot be a port', () => {
  test('a missing interface is named', () => {
    expect(() => new AfPacketPort(3, 'ssp-none')).toThrow(
      new PortError('port 3@ssp-none: interface ssp-none does not exist'),
    );
  });

  test('a name longer than names can be is named', () => {
    expect(() => new AfPacketPort(3, 'ssp-much-too-long')).toThrow(/longer than an interface name/);
  });
});
