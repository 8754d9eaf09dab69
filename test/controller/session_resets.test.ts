/** Which segments clients of a dead store get, and when. That they have connections reset: test/system/sessions.test.ts. */
import type { PortConfig } from '../../src/config/config';
import { SessionResets } from '../../src/controller/session_resets';
import { Sessions } from '../../src/controller/sessions';
import { TCP_FLAG } from '../../src/wire/tcp';
import { tcpSegment } from '../p4/packets';
import { exampleConfig, PORT_MAC, requireFrame, VIP } from './example';
import { FakeClock } from './fake_clock';

const STORE = 7;
const CLIENT = '10.0.1.11';
const CLIENT_MAC = '02:00:00:00:01:11';
const { syn, rst, ack } = TCP_FLAG;

function setUp() {
  const clock = new FakeClock();
  const [port] = exampleConfig().ports as [PortConfig];
  const down = new Set([STORE]);
  const links = { is_up: true };
  const sent: { at_ms: number; frame: Uint8Array }[] = [];
  const sessions = new Sessions({ clock, limits: { sessions_max: 100_000 }, onChange: () => undefined });
  const resets = new SessionResets({
    clock,
    sessions,
    placeOf: (client) => (client === CLIENT ? { mac: CLIENT_MAC, port } : undefined),
    isDown: (store_id) => down.has(store_id),
    send(_port, frame) {
      if (links.is_up) sent.push({ at_ms: clock.now_ms(), frame });
      return links.is_up;
    },
  });
  const show = (client_port: number, flags: number, source: string = CLIENT) =>
    sessions.receive(STORE, requireFrame(tcpSegment(client_port, flags, { source })));
  /** Client port and time of what was sent. */
  const told = () => sent.map(({ at_ms, frame }) => [requireFrame(frame).tcp?.destinationPort, at_ms]);
  return { clock, down, links, sent, sessions, resets, show, told };
}

test('a client is sent acknowledgements that it cannot accept, a few times, and then its session is forgotten', () => {
  const { clock, sent, sessions, resets, show, told } = setUp();
  show(700, syn);
  resets.reset(STORE);
  clock.advance(10_000);
  expect(told()).toEqual([
    [700, 0],
    [700, 600],
    [700, 2000],
  ]);
  const frames = sent.map(({ frame }) => requireFrame(frame));
  for (const { ethernet, ipv4, tcp } of frames) {
    expect(ethernet).toMatchObject({ destination: CLIENT_MAC, source: PORT_MAC(1) });
    expect(ipv4).toMatchObject({ source: VIP, destination: CLIENT });
    expect(tcp).toMatchObject({ sourcePort: 2049, destinationPort: 700, flags: ack });
    expect(tcp?.payload).toHaveLength(0);
  }
  // At most one of two is within any window.
  expect(frames.map(({ tcp }) => tcp?.sequence)).toEqual([0, 2 ** 31, 0]);
  expect([sessions.size, resets.size, clock.waiting]).toEqual([0, 0, 0]);
  expect(resets.counts.values()).toMatchObject({ sessions_reset: 1, session_probes_sent: 3 });
});

test('a client that connects anew, or has no such connection, is left alone', () => {
  const { clock, sessions, resets, show, told } = setUp();
  for (const port of [700, 701]) show(port, syn);
  resets.reset(STORE);
  clock.advance(10);
  show(700, rst);
  show(701, syn);
  clock.advance(10_000);
  expect(told()).toEqual([
    [700, 0],
    [701, 0],
  ]);
  expect([sessions.count(STORE), resets.size]).toEqual([1, 0]);
});

test('sessions of a store that has returned stay known', () => {
  const { clock, down, sessions, resets, show } = setUp();
  show(700, syn);
  resets.reset(STORE);
  clock.advance(1000);
  down.clear();
  clock.advance(10_000);
  expect(sessions.count(STORE)).toBe(1);
});

test('where the client is unknown, or the switch away, that is counted', () => {
  const { clock, links, resets, show } = setUp();
  show(700, syn, '10.0.1.99');
  show(701, syn);
  links.is_up = false;
  resets.reset(STORE);
  clock.advance(10_000);
  expect(resets.counts.values()).toMatchObject({
    sessions_reset: 2,
    session_probes_sent: 0,
    session_probes_dropped_no_route: 3,
    session_probes_dropped_send: 3,
  });
});

test('many are told in turns, each as often as one alone', () => {
  const { clock, sent, sessions, resets, show, told } = setUp();
  for (let port = 1; port <= 1000; port++) show(port, syn);
  resets.reset(STORE);
  clock.advance(0);
  expect(sent.length).toBe(128);
  clock.advance(100);
  expect(sent.length).toBe(1000);
  clock.advance(10_000);
  const times = new Map<unknown, number>();
  for (const [port] of told()) times.set(port, (times.get(port) ?? 0) + 1);
  expect([times.size, ...new Set(times.values())]).toEqual([1000, 3]);
  expect([sessions.size, clock.waiting]).toEqual([0, 0]);
});

test('a store that dies again while its sessions are being reset begins anew', () => {
  const { clock, resets, show, told } = setUp();
  show(700, syn);
  resets.reset(STORE);
  clock.advance(700);
  resets.reset(STORE);
  clock.advance(10_000);
  expect(told().map(([, at_ms]) => at_ms)).toEqual([0, 600, 700, 1300, 2700]);
});

test('looking after sessions asks once, and not of those that are being reset', () => {
  const { clock, down, sessions, resets, show, told } = setUp();
  show(700, syn);
  resets.reset(STORE);
  clock.advance(0);
  show(701, syn);
  down.clear();
  resets.verify(STORE);
  clock.advance(10_000);
  expect(told().filter(([port]) => port === 701)).toEqual([[701, 0]]);
  expect(told().filter(([port]) => port === 700)).toHaveLength(3);
  expect(sessions.count(STORE)).toBe(2);
});

test('while the switch is away nothing is sent', () => {
  const { clock, sent, sessions, resets, show } = setUp();
  show(700, syn);
  resets.reset(STORE);
  resets.hold();
  clock.advance(10_000);
  expect([sent, sessions.size, clock.waiting]).toEqual([[], 1, 0]);
});
