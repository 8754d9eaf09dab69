import { directFrames, isGatewayPort } from '../../src/demo/direct_frames';
import { encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { encodeIpv4, IPV4_DEFAULTS, IP_PROTOCOL } from '../../src/wire/ipv4';
import { ADDRESSES, callFrame, ipv4Frame, link, probeFrame, replyFrame } from './links';

const { vip } = ADDRESSES;
const [CLIENT = ''] = ADDRESSES.clients;
const GATEWAY_PORT = 512;

/** The first fragment from a port, or one after it. */
function fragment(sourcePort: number | undefined, identification: number): Uint8Array {
  const payload = new Uint8Array(64);
  if (sourcePort !== undefined) payload.set([sourcePort >> 8, sourcePort & 0xff, 0x08, 0x01, 0, 128]);
  return encodeEthernet({
    source: '02:00:00:00:01:11',
    destination: '02:00:00:00:00:01',
    etherType: ETHERTYPE.ipv4,
    payload: encodeIpv4({
      ...IPV4_DEFAULTS,
      protocol: IP_PROTOCOL.udp,
      source: CLIENT,
      destination: vip,
      identification,
      moreFragments: sourcePort !== undefined,
      fragmentOffset_bytes: sourcePort === undefined ? 64 : 0,
      payload,
    }),
  });
}

function times(capture: ReturnType<typeof link>): number[] {
  return directFrames(capture, vip).packets.map(({ timestamp_ns }) => Number(timestamp_ns / 1_000_000n));
}

test('NFS over UDP stays, health checks too, as they are exempt elsewhere; TCP does not', () => {
  const capture = link(
    'store1',
    [1, callFrame('store1', 1)],
    [2, replyFrame('store1', 1)],
    [3, probeFrame('store1', 2)],
    [4, ipv4Frame('store1', IP_PROTOCOL.tcp, new Uint8Array(20), CLIENT)],
  );
  expect(times(capture)).toEqual([1, 2, 3]);
});

test('fragments go with the first one of their datagram', () => {
  expect(isGatewayPort(GATEWAY_PORT)).toBe(true);
  const capture = link(
    'client1',
    [1, fragment(800, 7)],
    [2, fragment(GATEWAY_PORT, 8)],
    [3, fragment(undefined, 7)],
    [4, fragment(undefined, 8)],
    [5, fragment(undefined, 9)],
  );
  expect(times(capture)).toEqual([1, 3]);
});
