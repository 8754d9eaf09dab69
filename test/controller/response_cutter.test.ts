import { Network } from '../../src/controller/network';
import { ResponseCutter } from '../../src/controller/response_cutter';
import { decodeFragmentationNeeded } from '../../src/wire/icmp';
import { encodeUdpFrame } from '../../src/wire/frame';
import { combineIpv4 } from '../../src/wire/ipv4_fragment';
import { fragments } from '../p4/packets';
import { exampleConfig, PORT_MAC, requireFrame, STORE_MAC, STORE_PORT, VIP } from './example';
import { FakeClock } from './fake_clock';

const RESPONSE = encodeUdpFrame(
  { sourceMac: STORE_MAC.store1, destinationMac: PORT_MAC(3), source: VIP, destination: '10.0.1.11' },
  { sourcePort: 2049, destinationPort: 700, payload: Uint8Array.from({ length: 7000 }, (_, i) => i & 0xff) },
  { dontFragment: true, identification: 9 },
);

function setUp() {
  const network = new Network(exampleConfig());
  const sent: { port: number; frame: Uint8Array }[] = [];
  const clock = new FakeClock();
  const cutter = new ResponseCutter({
    network,
    clock,
    send: ({ number }, frame) => sent.push({ port: number, frame }) > 0,
  });
  const port = (name: string) => {
    const found = network.config.ports.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  return { network, sent, cutter, clock, port };
}

const packets = (frames: readonly { frame: Uint8Array }[]) =>
  frames.map(({ frame }) => {
    const { ipv4 } = requireFrame(frame);
    if (ipv4 === undefined) throw new Error('not IPv4');
    return ipv4;
  });

test('a response is cut to what the client takes, also where its sender forbids it', () => {
  const { cutter, sent, port } = setUp();
  expect(cutter.send(port('c1'), RESPONSE)).toBe(true);
  expect(sent.map(({ frame }) => frame.length)).toEqual([1514, 1514, 1514, 1514, 14 + 20 + 7008 - 4 * 1480]);
  const [first, ...others] = packets(sent);
  if (first === undefined) throw new Error('nothing was sent');
  expect([first, ...others].every(({ dontFragment }) => !dontFragment)).toBe(true);
  const whole = requireFrame(RESPONSE).ipv4;
  expect(combineIpv4([first, ...others])).toEqual({ ...whole, dontFragment: false });
  expect(
    sent.every(({ frame }) => Buffer.compare(frame.subarray(0, 14), RESPONSE.subarray(0, 14)) === 0),
  ).toBe(true);
  expect(cutter.counts.values()).toMatchObject({ responses_cut: 1, response_fragments_sent: 5 });
});

test('fragments are cut again, so that together they are the response', () => {
  const { cutter, sent, port } = setUp();
  for (const piece of fragments(RESPONSE, 4000)) cutter.send(port('c1'), piece);
  const [first, ...others] = packets(sent);
  if (first === undefined) throw new Error('nothing was sent');
  expect(combineIpv4([first, ...others]).payload).toEqual(requireFrame(RESPONSE).ipv4?.payload);
});

test('what fits is left alone', () => {
  const { cutter, sent, port } = setUp();
  port('c1').mtu = 9000;
  cutter.send(port('c1'), RESPONSE);
  expect(sent).toEqual([{ port: 1, frame: RESPONSE }]);
});

describe('the store is told', () => {
  test('by ICMP, in the name of the port it is behind', () => {
    const { cutter, sent, port } = setUp();
    cutter.tell(STORE_PORT.store1, requireFrame(RESPONSE), port('c1'));
    expect(sent.map(({ port: number }) => number)).toEqual([STORE_PORT.store1]);
    const { ethernet, ipv4 } = requireFrame(sent[0]?.frame ?? RESPONSE);
    expect(ethernet).toMatchObject({ destination: STORE_MAC.store1, source: PORT_MAC(3) });
    expect(ipv4).toMatchObject({ source: '10.0.2.254', destination: VIP, protocol: 1 });
    expect(decodeFragmentationNeeded(ipv4?.payload ?? RESPONSE)).toEqual({
      nextHopMtu: 1500,
      quoted: Uint8Array.from(RESPONSE.subarray(14, 14 + 28)),
    });
  });

  test('of no later fragment, and of nothing whose client is unknown', () => {
    const { cutter, sent, port } = setUp();
    const [, later] = fragments(RESPONSE, 4000);
    cutter.tell(STORE_PORT.store1, requireFrame(later ?? RESPONSE), port('c1'));
    cutter.tell(STORE_PORT.store1, requireFrame(RESPONSE), undefined);
    expect(sent).toEqual([]);
  });

  test('so often a second and no more, and by a port with an address only', () => {
    const { cutter, sent, port, clock } = setUp();
    for (let i = 0; i < 110; i++) cutter.tell(STORE_PORT.store1, requireFrame(RESPONSE), port('c1'));
    expect(sent).toHaveLength(100);
    expect(cutter.counts.values()).toMatchObject({ mtu_notices_sent: 100, mtu_notices_withheld: 10 });
    clock.advance(1000);
    port('s1').addresses = [];
    cutter.tell(STORE_PORT.store1, requireFrame(RESPONSE), port('c1'));
    expect(sent).toHaveLength(100);
  });
});
