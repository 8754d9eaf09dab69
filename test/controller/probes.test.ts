/** Health checks by TCP: what is asked, and what answers mean. By RPC: health.test.ts. */
import { PROBE_PORT, type CheckTarget } from '../../src/controller/check_plan';
import { Health } from '../../src/controller/health';
import { Network } from '../../src/controller/network';
import { closingFrame, readAnswer } from '../../src/controller/probes';
import { encodeTcpFrame } from '../../src/wire/frame';
import { TCP_FLAG, type TcpSegment } from '../../src/wire/tcp';
import { exampleConfig, PORT_MAC, requireFrame, STORE_MAC, VIP } from './example';
import { FakeClock } from './fake_clock';

const network = new Network(exampleConfig());
const SMB: CheckTarget = {
  check: 'tcp_connect',
  virtual_store: 'share',
  services: ['smb'],
  address: VIP,
  port: 445,
  timing: { interval_ms: 200, timeout_ms: 200, failures: 3, successes: 2 },
};
const { syn, ack, rst } = TCP_FLAG;
const OWN = '10.0.2.254';

/** A segment of the store's to the checks' port. */
function answer(segment: Partial<TcpSegment>, source: string = VIP): Uint8Array {
  return encodeTcpFrame(
    { sourceMac: STORE_MAC.store1, destinationMac: PORT_MAC(3), source, destination: OWN },
    {
      sourcePort: SMB.port,
      destinationPort: PROBE_PORT,
      sequence: 77,
      acknowledgement: 0,
      flags: 0,
      window: 65535,
      urgentPointer: 0,
      options: new Uint8Array(0),
      payload: new Uint8Array(0),
      ...segment,
    },
  );
}

function setUp() {
  const clock = new FakeClock();
  /** Flags of its answers; undefined: none. */
  const store = { flags: (syn | ack) as number | undefined, port: 3, source: VIP };
  const sent: TcpSegment[] = [];
  const health: Health = new Health([{ store: 'store1', target: SMB }], {
    clock,
    first_xid: 0xffffffff,
    path() {
      const port = network.port(3);
      return port === undefined ? undefined : { port, mac: STORE_MAC.store1, source: OWN };
    },
    send(port, bytes) {
      const { ethernet, ipv4, tcp } = requireFrame(bytes);
      if (tcp === undefined) throw new Error('no TCP');
      expect(ethernet).toMatchObject({ source: port.mac, destination: STORE_MAC.store1 });
      expect(ipv4).toMatchObject({ source: OWN, destination: tcp.flags === syn ? VIP : store.source });
      sent.push(tcp);
      if (tcp.flags !== syn || store.flags === undefined) return true;
      const frame = answer({ flags: store.flags, acknowledgement: (tcp.sequence + 1) >>> 0 }, store.source);
      clock.after(1, () => health.receive(store.port, requireFrame(frame)));
      return true;
    },
    hasBeenHeardSince: () => true,
    onLate: () => undefined,
    responses: (_store, callback) => callback(0),
    onPardon: () => undefined,
    onChange: () => undefined,
  });
  health.resume();
  return { clock, store, sent, health };
}

test('a store that accepts connections is good, and is left with none', () => {
  const { clock, sent, health } = setUp();
  clock.advance(201);
  expect(health.verdict('store1')).toBe('good');
  expect(sent).toMatchObject([
    { flags: syn, sequence: 0xffffffff, sourcePort: PROBE_PORT, destinationPort: 445 },
    { flags: rst, sequence: 0, sourcePort: PROBE_PORT, destinationPort: 445 },
    { flags: syn, sequence: 0 },
    { flags: rst, sequence: 1 },
  ]);
  expect(health.checks('store1')[0]?.rtt_ms).toBe(1);
});

test.each([
  ['refuses them', rst | ack, 'refused the connection'],
  ['answers something else', ack, 'answered by no SYN'],
  ['says nothing', undefined, 'no answer within 200 ms'],
])('a store that %s is bad', (_what, flags, failure) => {
  const { clock, store, health } = setUp();
  clock.advance(1000);
  store.flags = flags;
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('bad');
  expect(health.checks('store1')[0]?.last_failure).toBe(failure);
  store.flags = syn | ack;
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('good');
});

test.each([
  ['another port', { port: 4 }],
  ['another address', { source: '10.0.1.101' }],
])('what comes from %s is no answer', (_what, elsewhere) => {
  const { clock, store, health } = setUp();
  Object.assign(store, elsewhere);
  clock.advance(1000);
  expect(health.verdict('store1')).toBe('bad');
  expect(health.counts.get('probe_replies_ignored')).toBeGreaterThan(3);
});

test('an answer that is late is ended too, and a reset is not', () => {
  const { sent, health } = setUp();
  health.receive(3, requireFrame(answer({ flags: syn | ack, acknowledgement: 5000 })));
  expect(sent).toMatchObject([{ flags: rst, sequence: 5000 }]);
  health.receive(3, requireFrame(answer({ flags: rst | ack, acknowledgement: 5000 })));
  health.receive(4, requireFrame(answer({ flags: syn | ack, acknowledgement: 5000 })));
  expect(sent).toHaveLength(1);
});

test('what is no answer of a kind is none', () => {
  const elsewhere = requireFrame(answer({ destinationPort: 99, flags: syn | ack }));
  expect([readAnswer(elsewhere), closingFrame(elsewhere)]).toEqual([undefined, undefined]);
  const first = requireFrame(answer({ flags: syn }));
  expect([readAnswer(first), closingFrame(first)]).toEqual([undefined, undefined]);
});
