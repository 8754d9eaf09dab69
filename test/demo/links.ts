/** Builds captures of links frame by frame. */
import type { Addresses } from '../../src/demo/addresses';
import type { LinkCapture } from '../../src/demo/captures';
import { encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { encodeUdpFrame } from '../../src/wire/frame';
import { encodeIpv4, IPV4_DEFAULTS } from '../../src/wire/ipv4';
import { AUTH_NONE, encodeRpc, RPC_PROGRAM } from '../../src/wire/rpc';

const VIP = '10.0.1.100';
const CLIENT = '10.0.1.11';
export const OWN = '10.0.2.254';

export const ADDRESSES: Addresses = { vip: VIP, clients: new Set([CLIENT]), own: new Set([OWN]) };

const NFS_PORT = 2049;
const CLIENT_PORT = 800;
const HEALTH_CHECK_PORT = 20490;

const MAC = {
  client1: '02:00:00:00:01:11',
  store1: '02:00:00:00:02:11',
  store2: '02:00:00:00:02:12',
  store3: '02:00:00:00:02:13',
  switch: '02:00:00:00:00:01',
};
export type Host = 'client1' | 'store1' | 'store2' | 'store3';

const NO_RESULTS = new Uint8Array(4);

/** GETATTR of no handle. */
const ANY_CALL = { procedure: 1, args: NO_RESULTS };

/** A call as it is on `host`'s link: from a client, or to a store. */
export function callFrame(
  host: Host,
  xid: number,
  { procedure, args }: { procedure: number; args: Uint8Array } = ANY_CALL,
  source = CLIENT,
): Uint8Array {
  const ends = host === 'client1' ? [MAC.client1, MAC.switch] : [MAC.switch, MAC[host]];
  const payload = encodeRpc({
    kind: 'call',
    xid,
    program: RPC_PROGRAM.nfs,
    version: 3,
    procedure,
    credential: AUTH_NONE,
    verifier: AUTH_NONE,
    args,
  });
  return frame(ends, [source, VIP], { sourcePort: CLIENT_PORT, destinationPort: NFS_PORT, payload });
}

/** What the virtualizer itself asks a store. */
export function probeFrame(host: Host, xid: number): Uint8Array {
  const payload = encodeRpc({
    kind: 'call',
    xid,
    program: RPC_PROGRAM.nfs,
    version: 3,
    procedure: 0,
    credential: AUTH_NONE,
    verifier: AUTH_NONE,
    args: new Uint8Array(0),
  });
  return frame([MAC.switch, MAC[host]], [OWN, VIP], {
    sourcePort: HEALTH_CHECK_PORT,
    destinationPort: NFS_PORT,
    payload,
  });
}

/** What a store answers to the virtualizer itself. */
export function probeAnswerFrame(host: Host, xid: number): Uint8Array {
  const outcome = { status: 'success', results: new Uint8Array(0) } as const;
  const payload = encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome });
  const datagram = { sourcePort: NFS_PORT, destinationPort: HEALTH_CHECK_PORT, payload };
  return frame([MAC[host], MAC.switch], [VIP, OWN], datagram);
}

/** A reply as it is on `host`'s link: to a client, or from a store. */
export function replyFrame(host: Host, xid: number): Uint8Array {
  const ends = host === 'client1' ? [MAC.switch, MAC.client1] : [MAC[host], MAC.switch];
  const outcome = { status: 'success', results: NO_RESULTS } as const;
  const payload = encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome });
  return frame(ends, [VIP, CLIENT], { sourcePort: NFS_PORT, destinationPort: CLIENT_PORT, payload });
}

/** A frame with any transport protocol, in the virtualizer's name unless the `source` is another. */
export function ipv4Frame(host: Host, protocol: number, payload: Uint8Array, source = OWN): Uint8Array {
  return encodeEthernet({
    source: MAC.switch,
    destination: MAC[host],
    etherType: ETHERTYPE.ipv4,
    payload: encodeIpv4({ ...IPV4_DEFAULTS, protocol, source, destination: VIP, payload }),
  });
}

function frame(
  [sourceMac = '', destinationMac = '']: string[],
  [source = '', destination = '']: string[],
  datagram: { sourcePort: number; destinationPort: number; payload: Uint8Array },
): Uint8Array {
  return encodeUdpFrame({ sourceMac, destinationMac, source, destination }, datagram);
}

/** One link with frames at times in ms. */
export function link(host: Host, ...frames: [time_ms: number, data: Uint8Array][]): LinkCapture {
  return {
    host,
    side: host === 'client1' ? 'external' : 'internal',
    mac: MAC[host],
    packets: frames.map(([time_ms, data]) => ({
      timestamp_ns: ns(time_ms),
      originalLength: data.length,
      data,
    })),
  };
}

export function ns(time_ms: number): bigint {
  return BigInt(Math.round(time_ms * 1e6));
}
