/** Arbitrary values of the wire layer, for property tests. */
import fc from 'fast-check';
import { bigintToMac, numberToIpv4 } from '../../src/wire/address';
import type { ArpPacket } from '../../src/wire/arp';
import type { EthernetFrame } from '../../src/wire/ethernet';
import type { FrameAddresses } from '../../src/wire/frame';
import type { Ipv4Packet } from '../../src/wire/ipv4';
import type { RpcAuth, RpcCall, RpcOutcome, RpcReply } from '../../src/wire/rpc';
import type { TcpSegment } from '../../src/wire/tcp';
import type { UdpDatagram } from '../../src/wire/udp';

const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

export const mac = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }).map(bigintToMac);
export const ipv4Address = uint(32).map(numberToIpv4);
const options = fc
  .integer({ min: 0, max: 10 })
  .chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }));

/** Neither of the tag's own type nor of a tag without content. */
const etherType = uint(16).filter((type) => type !== 0x8100);
export const ethernet: fc.Arbitrary<EthernetFrame> = fc.record(
  { destination: mac, source: mac, vlanTag: uint(16), etherType, payload: bytes(200) },
  { requiredKeys: ['destination', 'source', 'etherType', 'payload'] },
);

export const arp: fc.Arbitrary<ArpPacket> = fc.record({
  operation: fc.constantFrom('request', 'reply'),
  senderMac: mac,
  senderIp: ipv4Address,
  targetMac: mac,
  targetIp: ipv4Address,
});

export const ipv4: fc.Arbitrary<Ipv4Packet> = fc.record({
  trafficClass: uint(8),
  identification: uint(16),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset_bytes: uint(13).map((units) => units * 8),
  ttl: uint(8),
  protocol: uint(8),
  source: ipv4Address,
  destination: ipv4Address,
  options,
  payload: bytes(200),
});

export const udp: fc.Arbitrary<UdpDatagram> = fc.record({
  sourcePort: uint(16),
  destinationPort: uint(16),
  payload: bytes(200),
});

export const tcp: fc.Arbitrary<TcpSegment> = fc.record({
  sourcePort: uint(16),
  destinationPort: uint(16),
  sequence: uint(32),
  acknowledgement: uint(32),
  flags: uint(8),
  window: uint(16),
  urgentPointer: uint(16),
  options,
  payload: bytes(200),
});

export const frameAddresses: fc.Arbitrary<FrameAddresses> = fc.record({
  sourceMac: mac,
  destinationMac: mac,
  source: ipv4Address,
  destination: ipv4Address,
});

const auth: fc.Arbitrary<RpcAuth> = fc.record({ flavor: uint(32), body: bytes(400) });

export const rpcCall: fc.Arbitrary<RpcCall> = fc.record({
  kind: fc.constant('call'),
  xid: uint(32),
  program: uint(32),
  version: uint(32),
  procedure: uint(32),
  credential: auth,
  verifier: auth,
  args: bytes(200),
});

const outcome: fc.Arbitrary<RpcOutcome> = fc.oneof(
  fc.record({ status: fc.constant('success'), results: bytes(200) }),
  fc.record({ status: fc.constantFrom('prog_unavail', 'proc_unavail', 'garbage_args', 'system_err') }),
  fc.record({ status: fc.constantFrom('prog_mismatch', 'rpc_mismatch'), low: uint(32), high: uint(32) }),
  fc.record({ status: fc.constant('auth_error'), authStatus: uint(32) }),
);

const DENIED = ['rpc_mismatch', 'auth_error'];
/** A denied reply has no verifier on the wire. */
export const rpcReply: fc.Arbitrary<RpcReply> = fc
  .record({ kind: fc.constant('reply' as const), xid: uint(32), verifier: auth, outcome })
  .map((reply) =>
    DENIED.includes(reply.outcome.status)
      ? { ...reply, verifier: { flavor: 0, body: new Uint8Array(0) } }
      : reply,
  );
