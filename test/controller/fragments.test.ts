/** The controller's part in requests of several packets, told what a switch would tell it. */
import { Fragments, type FragmentLimits } from '../../src/controller/fragments';
import type { PortConfig } from '../../src/config/config';
import type { PuntedFrame } from '../../src/dataplane/packet_io';
import { concat } from '../../src/wire/field';
import { decodeEthernet, withAddresses } from '../../src/wire/ethernet';
import { decodeIpv4 } from '../../src/wire/ipv4';
import { combineIpv4 } from '../../src/wire/ipv4_fragment';
import { fragments as cut, nfsCall } from '../p4/packets';
import { exampleConfig, requireFrame, STORE_MAC, PORT_MAC } from './example';
import { FakeClock } from './fake_clock';

const STORE = 7;
const OTHER_STORE = 8;
const CLIENT_PORT = 1;
const GATEWAY_PORT = 9;
const CLIENT = '10.0.1.11';
const LIFETIME_MS = 100;

function setUp(limits: Partial<FragmentLimits> = {}, jumbo?: number) {
  const clock = new FakeClock();
  const port = exampleConfig().ports.find(({ name }) => name === 's1') as PortConfig;
  const sent: { store: number; frame: Uint8Array; operation: string }[] = [];
  const links = { is_up: true };
  const fragments = new Fragments({
    clock,
    limits: {
      fragmented_requests_max: 8,
      fragmented_requests_per_client_max: 8,
      fragments_max: 64,
      fragments_per_client_max: 32,
      ...limits,
    },
    placeOf: (store_id) =>
      [STORE, OTHER_STORE].includes(store_id)
        ? { mac: STORE_MAC.store1, port: { ...port, number: store_id } }
        : undefined,
    jumboOf: () => jumbo,
    isGateway: (port_number) => port_number === GATEWAY_PORT,
    send(store, frame, operation) {
      if (links.is_up) sent.push({ store, frame, operation });
      return links.is_up;
    },
  });
  const show = (frame: Uint8Array, punt: Partial<PuntedFrame> = {}) =>
    fragments.receive({
      ingress_port: CLIENT_PORT,
      reason: 'fragment',
      service_id: 1,
      store_id: 0,
      fragment_next: 0,
      time_us: clock.now_ms() * 1000,
      frame,
      ...punt,
    });
  /** After `passed` octets, as the switch says. */
  const showPlaced = (frame: Uint8Array, fragment_next = 1480, store_id = STORE) =>
    show(frame, { store_id, fragment_next });
  const showPassed = (frame: Uint8Array, store_id = STORE) =>
    show(frame, { reason: 'fragment_passed', store_id, fragment_next: 1480 });
  /** A zeroth fragment that the switch has not forwarded. */
  const showWhole = (frame: Uint8Array, store_id = STORE) => show(frame, { store_id });
  const counts = () =>
    Object.fromEntries(Object.entries(fragments.counts.values()).filter(([, count]) => count > 0));
  return { clock, fragments, sent, links, show, showPlaced, showPassed, showWhole, counts };
}

/** A WRITE of 8 KiB in six fragments. */
function request(xid: number, { identification = 1, source = CLIENT } = {}): Uint8Array[] {
  return cut(
    nfsCall({
      xid,
      procedure: 7,
      data: Uint8Array.from({ length: 8192 }, (_, i) => (i * xid) & 0xff),
      addresses: { source },
      ipv4: { identification },
    }),
  );
}

const at = (frames: readonly Uint8Array[], index: number): Uint8Array => frames[index] as Uint8Array;
/** As it should reach the store. */
const readdressed = (frame: Uint8Array) => withAddresses(frame, STORE_MAC.store1, PORT_MAC(3));
const outcome = (frames: readonly Uint8Array[], store = STORE) =>
  frames.map((frame, index) => ({
    store,
    frame: readdressed(frame),
    operation: index === frames.length - 1 ? 'send_last' : 'send',
  }));

test('early fragments follow the zeroth in order, and nothing is left', () => {
  const { show, showPlaced, showPassed, sent, fragments, counts, clock } = setUp();
  const frames = request(1);
  show(at(frames, 2));
  show(at(frames, 1));
  expect(sent).toEqual([]);
  showPassed(at(frames, 0));
  expect(sent).toHaveLength(2);
  for (const index of [5, 4, 3]) showPlaced(at(frames, index));
  expect(sent).toEqual(outcome(frames.slice(1)));
  expect(fragments.held).toBe(0);
  clock.advance(LIFETIME_MS);
  expect([fragments.size, clock.waiting]).toEqual([0, 0]);
  expect(counts()).toEqual({
    fragments_received: 6,
    fragments_sent: 5,
    fragmented_requests_completed: 1,
  });
});

test('after a gap the switch says what has passed', () => {
  const { showPlaced, sent } = setUp();
  const frames = request(1);
  for (const index of [4, 5, 3, 2]) showPlaced(at(frames, index), 2960);
  expect(sent).toEqual(outcome(frames.slice(2)));
});

test('the copy of the zeroth may be lost', () => {
  const { show, showPlaced, sent } = setUp();
  const frames = request(1);
  show(at(frames, 1));
  for (const index of [2, 3, 4, 5]) showPlaced(at(frames, index));
  expect(sent).toEqual(outcome(frames.slice(1)));
});

test('where another datagram has the row, all of it comes here', () => {
  const { show, showWhole, sent } = setUp();
  const frames = request(1);
  for (const index of [1, 3]) show(at(frames, index));
  showWhole(at(frames, 0));
  expect(sent).toHaveLength(2);
  for (const index of [5, 2, 4]) show(at(frames, index));
  expect(sent).toEqual(outcome(frames));
});

test('a frame that is no UDP over IPv4', () => {
  const { show, counts } = setUp();
  const tcp = Uint8Array.from(at(request(1), 1));
  tcp[23] = 6;
  for (const frame of [tcp, tcp.subarray(0, 33), new Uint8Array(60)]) show(frame);
  expect(counts()).toEqual({ fragments_received: 3, fragments_dropped_unreadable: 3 });
});

test('padding beyond the IP packet stays as it is', () => {
  const { showPlaced, sent } = setUp();
  const frames = request(1);
  const padded = concat(at(frames, 5), new Uint8Array(9).fill(0xee));
  for (const frame of [...frames.slice(1, 5), padded]) showPlaced(frame);
  expect(sent).toEqual(outcome([...frames.slice(1, 5), padded]));
});

test('a client and the gateway in its name may use one identification at once', () => {
  const { show, sent, counts } = setUp();
  const frames = request(1);
  const placed = { store_id: STORE, fragment_next: 4 * 1480 };
  const other = { store_id: OTHER_STORE, fragment_next: 4 * 1480, ingress_port: GATEWAY_PORT };
  show(at(frames, 5), placed);
  show(at(frames, 5), other);
  expect(sent).toEqual([]);
  show(at(frames, 4), other);
  show(at(frames, 4), placed);
  expect(sent.map(({ store, operation }) => [store, operation])).toEqual([
    [OTHER_STORE, 'send'],
    [OTHER_STORE, 'send_last_gateway'],
    [STORE, 'send'],
    [STORE, 'send_last'],
  ]);
  expect(counts()).toMatchObject({ fragmented_requests_completed: 2 });
});

describe('large packets', () => {
  test('the whole request in one, as it was before it was cut', () => {
    const { show, sent, showWhole, counts, fragments } = setUp({}, 9000);
    const frames = request(1);
    show(at(frames, 3));
    showWhole(at(frames, 0));
    for (const index of [5, 1, 4, 2]) showWhole(at(frames, index));
    expect(sent).toHaveLength(1);
    const [{ frame, operation }] = sent as [(typeof sent)[number]];
    expect(operation).toBe('send_last');
    const packets = frames.map((one) => requireFrame(one).ipv4);
    const ethernet = decodeEthernet(frame);
    expect(ethernet).toMatchObject({ destination: STORE_MAC.store1, source: PORT_MAC(3) });
    const [first, ...others] = packets as [NonNullable<(typeof packets)[0]>];
    expect(decodeIpv4(ethernet?.payload ?? frame)).toEqual(combineIpv4([first, ...others]));
    // The checksum of the UDP header is still right.
    expect(requireFrame(frame).udp?.payload).toHaveLength(8192 + 88);
    expect(fragments.held).toBe(0);
    expect(counts()).toMatchObject({ fragments_combined: 6, jumbo_packets_sent: 1 });
  });

  test('full ones leave before the request is complete', () => {
    const { sent, showWhole, fragments } = setUp({}, 4000);
    for (const frame of request(1).slice(0, 3)) showWhole(frame);
    expect(sent.map(({ frame }) => frame.length)).toEqual([14 + 3996]);
    expect(fragments.held).toBe(1);
  });
});

describe('what is dropped', () => {
  test('fragments whose zeroth does not come in time', () => {
    const { show, showPassed, clock, sent, fragments, counts } = setUp();
    const frames = request(1);
    show(at(frames, 1));
    clock.advance(LIFETIME_MS / 2);
    show(at(frames, 2));
    clock.advance(LIFETIME_MS - 1);
    expect(fragments.held).toBe(2);
    clock.advance(1);
    expect([fragments.size, fragments.held, clock.waiting]).toEqual([0, 0, 0]);
    expect(counts()).toMatchObject({ fragments_dropped_no_zeroth: 2 });
    showPassed(at(request(2), 0));
    expect(sent).toEqual([]);
  });

  test('by the switch’s clock, when this process was stopped meanwhile', () => {
    const { show, showPassed, sent, counts } = setUp();
    show(at(request(1), 1), { time_us: 1000 });
    show(at(request(2), 2), { time_us: 102_000 });
    showPassed(at(request(2), 0));
    expect(counts()).toMatchObject({ fragments_dropped_no_zeroth: 1 });
    expect(sent).toEqual([]);
  });

  test('what is never finished', () => {
    const { showPlaced, clock, fragments, counts } = setUp();
    const frames = request(1);
    for (const index of [1, 2, 5]) showPlaced(at(frames, index));
    clock.advance(LIFETIME_MS);
    expect(fragments.size).toBe(0);
    expect(counts()).toMatchObject({
      fragments_sent: 2,
      fragments_dropped_unfinished: 1,
      fragmented_requests_unfinished: 1,
    });
  });

  test('what waits when another request takes the identification over', () => {
    const { show, showWhole, sent, counts } = setUp();
    const [first, second] = [request(1), request(2)];
    showWhole(at(first, 0));
    show(at(first, 2));
    showWhole(at(second, 0), OTHER_STORE);
    for (const frame of second.slice(1)) show(frame);
    expect(sent).toEqual([
      { store: STORE, frame: readdressed(at(first, 0)), operation: 'send' },
      ...outcome(second, OTHER_STORE),
    ]);
    expect(counts()).toMatchObject({ fragments_dropped_replaced: 1 });
  });

  test('also when only the switch has seen the other zeroth fragment', () => {
    const { showPlaced, sent } = setUp();
    const [first, second] = [request(1), request(2)];
    showPlaced(at(first, 3));
    for (const index of [2, 1]) showPlaced(at(second, index), 1480, OTHER_STORE);
    showPlaced(at(first, 2), 2960);
    expect(sent).toEqual([
      ...second
        .slice(1, 3)
        .map((frame) => ({ store: OTHER_STORE, frame: readdressed(frame), operation: 'send' })),
      { store: STORE, frame: readdressed(at(first, 2)), operation: 'send' },
    ]);
  });

  test('a zeroth fragment that comes again', () => {
    const { show, showWhole, showPassed, showPlaced, sent, counts } = setUp();
    const frames = request(1);
    showWhole(at(frames, 0));
    showWhole(at(frames, 0));
    show(at(frames, 2));
    // The switch has found room for the datagram meanwhile.
    showPassed(at(frames, 0));
    for (const index of [1, 3, 4, 5]) showPlaced(at(frames, index));
    expect(sent).toEqual(outcome(frames));
    expect(counts()).toMatchObject({ fragments_dropped_repeated: 2 });
  });

  test('a fragment that comes again before the switch knows that the request is complete', () => {
    const { showPlaced, sent, counts } = setUp();
    const frames = request(1);
    for (const frame of frames.slice(1)) showPlaced(frame);
    for (const frame of frames.slice(1)) showPlaced(frame);
    expect(sent).toEqual(outcome(frames.slice(1)));
    expect(counts()).toMatchObject({ fragments_dropped_repeated: 5, fragmented_requests_completed: 1 });
  });

  test('all of a request whose fragments contradict each other', () => {
    const { show, showPassed, showPlaced, sent, counts, fragments, clock } = setUp();
    const frames = request(1);
    const forged = Uint8Array.from(at(frames, 2));
    forged[100] = (forged[100] ?? 0) ^ 1;
    show(at(frames, 2));
    show(forged);
    showPassed(at(frames, 0));
    for (const frame of frames.slice(1)) showPlaced(frame);
    expect(sent).toEqual([]);
    expect(counts()).toMatchObject({
      fragmented_requests_given_up: 1,
      fragments_dropped_contradicting: 2,
      fragments_dropped_given_up: 5,
    });
    clock.advance(LIFETIME_MS);
    expect(fragments.size).toBe(0);
  });

  test('fragments beyond the end that UDP tells', () => {
    const { show, showPassed, sent, counts } = setUp();
    const long = cut(
      nfsCall({ xid: 1, procedure: 7, data: new Uint8Array(16_000), ipv4: { identification: 1 } }),
    );
    show(at(long, 9));
    showPassed(at(request(1), 0));
    expect(sent).toEqual([]);
    expect(counts()).toMatchObject({ fragmented_requests_given_up: 1, fragments_dropped_contradicting: 1 });
  });

  test('what the store’s place is not known for, and what cannot be sent', () => {
    const { showPlaced, links, counts } = setUp();
    showPlaced(at(request(1), 1), 1480, 99);
    links.is_up = false;
    showPlaced(at(request(2, { identification: 2 }), 1));
    expect(counts()).toEqual({
      fragments_received: 2,
      fragments_dropped_no_store: 1,
      fragments_dropped_send: 1,
      fragmented_requests_given_up: 2,
    });
  });

  test('what waits when the switch goes away', () => {
    const { show, fragments, counts, clock } = setUp();
    show(at(request(1), 1));
    fragments.hold();
    expect([fragments.size, fragments.held, clock.waiting]).toEqual([0, 0, 0]);
    expect(counts()).toMatchObject({ fragments_dropped_held: 1 });
  });

  test('a frame that does not decode', () => {
    const { show, counts } = setUp();
    const damaged = Uint8Array.from(at(request(1), 1));
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    show(damaged);
    expect(counts()).toMatchObject({ fragments_dropped_unreadable: 1 });
  });
});

describe('bounds', () => {
  test('requests', () => {
    const { show, fragments, counts } = setUp({ fragmented_requests_max: 3 });
    for (let id = 1; id <= 5; id++) show(at(request(id, { identification: id }), 1));
    expect(fragments.size).toBe(3);
    expect(counts()).toMatchObject({ fragments_dropped_requests_full: 2 });
  });

  /** So many lone fragments from one client, each of a request of its own. */
  const flood = (show: (frame: Uint8Array) => void, source: string, requests: number, first = 1) => {
    for (let id = first; id < first + requests; id++) {
      show(at(request(id, { identification: id, source }), 1));
    }
  };

  test('a client that floods takes no room from others, with requests that were given up neither', () => {
    const { show, showWhole, sent, counts } = setUp({
      fragmented_requests_max: 8,
      fragmented_requests_per_client_max: 4,
      fragments_per_client_max: 2,
    });
    flood(show, CLIENT, 100);
    expect(counts()).toMatchObject({
      fragments_dropped_client_full: 2,
      fragments_dropped_client_requests_full: 96,
    });
    const frames = request(7, { identification: 7, source: '10.0.1.12' });
    for (const frame of frames.slice(1, 3)) show(frame);
    showWhole(at(frames, 0));
    for (const frame of frames.slice(3)) show(frame);
    expect(sent).toEqual(outcome(frames));
  });

  test('where all room is taken, the client that has most loses what is oldest', () => {
    const { show, fragments, counts } = setUp({ fragmented_requests_max: 6 });
    flood(show, CLIENT, 4);
    flood(show, '10.0.1.12', 2);
    // The one that was heard of again is not the oldest.
    show(at(request(1), 2));
    flood(show, '10.0.1.13', 1);
    expect(counts()).toMatchObject({ fragmented_requests_evicted: 1, fragments_dropped_evicted: 1 });
    expect([fragments.size, fragments.held]).toEqual([6, 7]);
    flood(show, '10.0.1.13', 1, 2);
    expect(counts()).toMatchObject({ fragmented_requests_evicted: 2 });
    // Now nobody has more than the newcomer.
    flood(show, '10.0.1.13', 3, 3);
    expect(counts()).toMatchObject({ fragmented_requests_evicted: 2, fragments_dropped_requests_full: 3 });
    expect(fragments.size).toBe(6);
  });

  test('from ever new addresses comes what is forgotten first, before what is new', () => {
    const { show, showWhole, sent, fragments } = setUp({ fragmented_requests_max: 4 });
    for (let i = 1; i <= 50; i++) flood(show, `10.0.2.${i}`, 1);
    const frames = request(7);
    show(at(frames, 1));
    flood(show, '10.0.3.1', 1);
    showWhole(at(frames, 0));
    for (const frame of frames.slice(2)) show(frame);
    expect(sent).toEqual(outcome(frames));
    expect(fragments.size).toBe(4);
  });

  test('what is too old makes room, however late the timer is', () => {
    const { show, fragments, counts } = setUp({ fragmented_requests_per_client_max: 2 });
    flood(show, CLIENT, 2);
    show(at(request(3, { identification: 3 }), 1), { time_us: 100_000 });
    expect(fragments.size).toBe(2);
    expect(counts()).toEqual({ fragments_received: 3, fragments_dropped_no_zeroth: 1 });
  });

  test('where too many fragments wait, the client of which most wait loses a request', () => {
    const { show, fragments, counts } = setUp({ fragments_max: 4, fragments_per_client_max: 4 });
    flood(show, CLIENT, 4);
    for (const frame of request(9, { source: '10.0.1.12' }).slice(1, 3)) show(frame);
    expect(counts()).toMatchObject({ fragmented_requests_given_up: 2, fragments_dropped_evicted: 2 });
    expect(fragments.held).toBe(4);
    show(at(request(9, { source: '10.0.1.12' }), 3));
    expect(counts()).toMatchObject({ fragmented_requests_given_up: 3, fragments_dropped_full: 3 });
  });

  test('fragments in all: a request that cannot wait whole does not wait', () => {
    const { show, fragments, counts } = setUp({ fragments_max: 4 });
    for (const frame of request(1).slice(1, 4)) show(frame);
    for (const frame of request(2, { identification: 2 }).slice(1, 4)) show(frame);
    expect(fragments.held).toBe(3);
    expect(counts()).toMatchObject({ fragments_dropped_full: 2, fragments_dropped_given_up: 1 });
  });

  test('fragments of one client, which takes no room from others', () => {
    const { show, fragments, counts } = setUp({ fragments_per_client_max: 3 });
    for (let id = 1; id <= 4; id++) show(at(request(id, { identification: id }), 1));
    expect(counts()).toMatchObject({ fragments_dropped_client_full: 1 });
    for (const frame of request(9, { source: '10.0.1.12' }).slice(1, 4)) show(frame);
    expect(fragments.held).toBe(6);
  });

  test('what leaves at once needs no room', () => {
    const { showPlaced, sent } = setUp({ fragments_max: 1 });
    const frames = request(1);
    for (const frame of frames.slice(1)) showPlaced(frame);
    expect(sent).toEqual(outcome(frames.slice(1)));
  });
});
