/** Requests of several packets through the compiled program and the controller together, in simulated time. */
import fc from 'fast-check';
import { DrivenVirtualizer, Timeline } from '../../src/sim';
import { decodeFragmentationNeeded } from '../../src/wire/icmp';
import { encodeUdpFrame } from '../../src/wire/frame';
import { combineIpv4 } from '../../src/wire/ipv4_fragment';
import type { Ipv4Packet } from '../../src/wire/ipv4';
import { fragments, nfsCall } from '../p4/packets';
import { exampleConfig, PORT_MAC, requireFrame, STORE_MAC, STORE_PORT, STORES, VIP } from './example';

// Nothing is waited for here, but work is done: on a busy machine it takes as long as it takes.
jest.setTimeout(300_000);

/** In which the controller writes all its tables. */
const SET_UP_MS = 1000;
const CLIENT = { address: '10.0.1.11', mac: '02:00:00:00:01:11', port: 1 };

async function setUp({ jumbo, delay_us }: { jumbo?: number; delay_us?: () => number } = {}) {
  const config = exampleConfig();
  for (const store of config.stores) store.mac = STORE_MAC[store.name as keyof typeof STORE_MAC];
  for (const virtualStore of config.virtual_stores) {
    for (const service of virtualStore.services) service.health.check = 'none';
    for (const pool of virtualStore.pools) if (jumbo !== undefined) pool.jumbo = jumbo;
  }
  const timeline = new Timeline();
  const left: { port: number; frame: Uint8Array }[] = [];
  const driven = new DrivenVirtualizer({
    config,
    timeline,
    ...(delay_us !== undefined && { delay_us }),
    onFrame: (port, frame) => left.push({ port, frame: Uint8Array.from(frame) }),
  });
  /** What is due within the time. */
  const run = (ms: number) => timeline.runFor(ms * 1000);
  await run(SET_UP_MS);
  left.length = 0;
  const send = (at_ms: number, frame: Uint8Array, port = CLIENT.port) =>
    timeline.at(timeline.now_us + at_ms * 1000, () => driven.program.receive(port, frame));
  return { virtualizer: driven.virtualizer, left, run, send };
}

/** A WRITE of `octets`. */
function write(xid: number, octets: number, identification = xid): Uint8Array[] {
  return fragments(
    nfsCall({
      xid,
      procedure: 7,
      fileHandle: new Uint8Array(32).fill(xid),
      data: Uint8Array.from({ length: octets }, (_, i) => (i * xid) & 0xff),
      addresses: { sourceMac: CLIENT.mac, destinationMac: PORT_MAC(1) },
      ipv4: { identification },
    }),
  );
}

function packetOf(frame: Uint8Array): Ipv4Packet {
  const { ipv4 } = requireFrame(frame);
  if (ipv4 === undefined) throw new Error('not IPv4');
  return ipv4;
}

function together(frames: readonly Uint8Array[]): Ipv4Packet {
  const [first, ...others] = frames.map(packetOf);
  if (first === undefined) throw new Error('no fragments');
  return combineIpv4([first, ...others]);
}

/** Store port -> IP identification -> what came there, in order. */
function byStore(
  left: readonly { port: number; frame: Uint8Array }[],
): Map<number, Map<number, Uint8Array[]>> {
  const stores = new Map<number, Map<number, Uint8Array[]>>();
  for (const { port, frame } of left) {
    const datagrams = stores.get(port) ?? new Map<number, Uint8Array[]>();
    stores.set(port, datagrams);
    const { identification } = packetOf(frame);
    datagrams.set(identification, [...(datagrams.get(identification) ?? []), frame]);
  }
  return stores;
}

const REQUESTS = 40;

test('however shuffled, each request arrives whole and in order, at one store', async () => {
  const requests = Array.from({ length: REQUESTS }, (_, i) => write(i + 1, 1500 + ((i * 997) % 7000)));
  const all = requests.flat();
  // One after another in the same switch, so that identifications come again.
  let latency_us = 0;
  const { left, run, send, virtualizer } = await setUp({ delay_us: () => latency_us });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: all.length, maxLength: all.length }),
      fc.integer({ min: 0, max: 3000 }),
      async (times_ms, delay_us) => {
        latency_us = delay_us;
        left.length = 0;
        for (const [i, frame] of all.entries()) send(times_ms[i] ?? 0, frame);
        await run(200);
        const stores = byStore(left);
        const seen = [...stores.values()].flatMap((datagrams) => [...datagrams]);
        expect(seen).toHaveLength(REQUESTS);
        for (const [identification, frames] of seen) {
          const sent = requests[identification - 1] ?? [];
          expect(frames.map((frame) => Buffer.from(frame.subarray(14)).toString('latin1'))).toEqual(
            sent.map((frame) => Buffer.from(frame.subarray(14)).toString('latin1')),
          );
        }
        for (const name of STORES) {
          for (const frame of [...(stores.get(STORE_PORT[name])?.values() ?? [])].flat()) {
            expect(requireFrame(frame).ethernet).toMatchObject({
              destination: STORE_MAC[name],
              source: PORT_MAC(STORE_PORT[name]),
            });
          }
        }
        expect([virtualizer.fragments.size, virtualizer.fragments.held]).toEqual([0, 0]);
      },
    ),
    { numRuns: 20, endOnFailure: true },
  );
});

test('with loss and repetition, what arrives is in order and of one request', async () => {
  const requests = Array.from({ length: REQUESTS }, (_, i) => write(i + 1, 6000));
  const all = requests.flat();
  const fate = fc.record({
    copies: fc.integer({ min: 0, max: 2 }),
    first_ms: fc.double({ min: 0, max: 20, noNaN: true }),
    second_ms: fc.double({ min: 0, max: 20, noNaN: true }),
  });
  const { left, run, send, virtualizer } = await setUp({ delay_us: () => 300 });
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: all.length, maxLength: all.length }), async (fates) => {
      left.length = 0;
      for (const [i, frame] of all.entries()) {
        const { copies, first_ms, second_ms } = fates[i] ?? { copies: 1, first_ms: 0, second_ms: 0 };
        if (copies > 0) send(first_ms, frame);
        if (copies > 1) send(second_ms, frame);
      }
      await run(300);
      const places = new Map<number, number>();
      for (const [port, datagrams] of byStore(left)) {
        for (const [identification, frames] of datagrams) {
          expect(places.get(identification) ?? port).toBe(port);
          places.set(identification, port);
          const sent = (requests[identification - 1] ?? []).map((frame) => Buffer.from(frame.subarray(14)));
          let next = 0;
          for (const frame of frames) {
            const bytes = Buffer.from(frame.subarray(14));
            const index = sent.findIndex((one) => one.equals(bytes));
            // From the start, or the next: a store never sees a gap. A request that is over may begin again.
            expect([0, next]).toContain(index);
            next = index + 1;
          }
        }
      }
      expect([virtualizer.fragments.size, virtualizer.fragments.held]).toEqual([0, 0]);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test.each([
  [9000, 8000, 1],
  [9000, 20_000, 3],
  [4000, 8000, 3],
])('a pool for packets of %i octets gets a request of %i in %i', async (jumbo, octets, packets) => {
  const { left, run, send, virtualizer } = await setUp({ jumbo });
  const frames = write(1, octets);
  for (const [i, frame] of frames.entries()) send((i * 7) % 5, frame);
  await run(10);
  const out = left.map(({ frame }) => frame);
  expect(out).toHaveLength(packets);
  for (const frame of out.slice(0, -1))
    expect(packetOf(frame).payload).toHaveLength(((jumbo - 20) >> 3) << 3);
  expect(together(out)).toEqual(together(frames));
  expect(new Set(left.map(({ port }) => port)).size).toBe(1);
  // The next datagram with the identification finds the row free.
  const next = write(2, octets, 1);
  for (const frame of next) send(0, frame);
  await run(10);
  expect(together(left.slice(out.length).map(({ frame }) => frame))).toEqual(together(next));
  expect(virtualizer.fragments.held).toBe(0);
});

test('a large response is cut for its client, and its store told', async () => {
  const { left, run, send, virtualizer } = await setUp();
  virtualizer.clients.learn({
    ingress_port: CLIENT.port,
    src_addr: CLIENT.address,
    src_mac: CLIENT.mac,
  });
  await run(100);
  left.length = 0;
  const payload = Uint8Array.from({ length: 8000 }, (_, i) => i & 0xff);
  const response = encodeUdpFrame(
    {
      sourceMac: STORE_MAC.store2,
      destinationMac: PORT_MAC(STORE_PORT.store2),
      source: VIP,
      destination: CLIENT.address,
    },
    { sourcePort: 2049, destinationPort: 700, payload },
    { dontFragment: true, identification: 5 },
  );
  send(0, response, STORE_PORT.store2);
  await run(5);
  const toClient = left.filter(({ port }) => port === CLIENT.port).map(({ frame }) => frame);
  expect(toClient).toHaveLength(6);
  for (const frame of toClient) {
    expect(requireFrame(frame).ethernet).toMatchObject({
      destination: CLIENT.mac,
      source: PORT_MAC(CLIENT.port),
    });
  }
  expect(together(toClient).payload).toEqual(packetOf(response).payload);
  const toStore = left.filter(({ port }) => port === STORE_PORT.store2).map(({ frame }) => packetOf(frame));
  expect(toStore).toHaveLength(1);
  expect(decodeFragmentationNeeded(toStore[0]?.payload ?? payload)?.nextHopMtu).toBe(1500);
});
