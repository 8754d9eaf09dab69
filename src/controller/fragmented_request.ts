/** What the controller knows of one request of several packets. */
import type { PuntedFrame } from '../dataplane/packet_io';
import { ETHERNET_HEADER_LENGTH, ETHERTYPE } from '../wire/ethernet';
import { IP_PROTOCOL, IPV4_MIN_HEADER_LENGTH, type Ipv4Packet } from '../wire/ipv4';
import { decodeRpcXid } from '../wire/rpc';
import { decodeUdpHeader, UDP_HEADER_LENGTH } from '../wire/udp';
import type { Combiner } from './combiner';
import { FragmentQueue } from './fragment_queue';
import { NO_ID } from './ids';

/** Equal for fragments that their receiver would put together (RFC 791, section 3.2); all of them are UDP's. */
export interface FragmentKey {
  /** The client's IPv4 address. */
  client: number;
  /** The service's, the identification, and whether the gateway sends it: that counts its own, in the client's name. */
  datagram: number;
  is_gateway: boolean;
}

export class FragmentedRequest {
  queue = new FragmentQueue();
  /** Where fragments wait for their packet to be full; undefined where they go on as they came. */
  combiner: Combiner | undefined;
  /** Where its zeroth fragment went, or is to go; NO_ID while nobody knows. */
  store_id = NO_ID;
  /** Octets that had passed when the switch gave the request over, as its row says. */
  passed = 0;
  /** Of its zeroth fragment, if that was seen here. */
  xid: number | undefined;
  /** Nothing more of it is sent. */
  is_given_up = false;
  /** What `held` was when it was last added up. */
  held_counted = 0;

  constructor(
    readonly key: FragmentKey,
    /** When its last fragment came to the switch, by the switch's clock. */
    public arrived_us: number,
    /** And to us, by ours. */
    public heard_ms: number,
  ) {}

  /** Frames kept for it. */
  get held(): number {
    return this.queue.size + (this.combiner?.waiting ?? 0);
  }

  /** Whether a later fragment of which the switch says this can be of this request, rather than of another. */
  fits({ store_id, fragment_next }: Pick<PuntedFrame, 'store_id' | 'fragment_next'>): boolean {
    if (this.store_id === NO_ID) return true;
    // Where the switch has passed nothing, it may have had no row to remember the store in.
    if (store_id === NO_ID) return this.passed === 0;
    return store_id === this.store_id && fragment_next === this.passed;
  }

  giveUp(): void {
    this.is_given_up = true;
    this.queue = new FragmentQueue();
    this.combiner = undefined;
  }
}

/**
 * Read from where they stand, since most of what floods us is dropped for whose it is. Undefined for what is no UDP
 * over IPv4.
 */
export function readFragmentKey(frame: Uint8Array, is_gateway: boolean): FragmentKey | undefined {
  const at = ETHERNET_HEADER_LENGTH;
  if (frame.length < at + IPV4_MIN_HEADER_LENGTH || uint16(frame, at - 2) !== ETHERTYPE.ipv4)
    return undefined;
  if (frame[at + 9] !== IP_PROTOCOL.udp) return undefined;
  return {
    client: uint32(frame, at + 12),
    datagram: ((is_gateway ? 2 ** 32 : 0) + uint32(frame, at + 16)) * 2 ** 16 + uint16(frame, at + 4),
    is_gateway,
  };
}

/** Of a frame that has a key: whether it is any but the first fragment of its datagram. */
export function isFollower(frame: Uint8Array): boolean {
  return (uint16(frame, ETHERNET_HEADER_LENGTH + 6) & 0x1fff) !== 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 2 ** 16 + uint16(bytes, at + 2);
}

/** What a zeroth fragment says of the whole request; undefined if it does not hold an RPC message's beginning. */
export function readZeroth({ payload }: Ipv4Packet): { octets: number; xid: number } | undefined {
  const header = decodeUdpHeader(payload);
  const xid = decodeRpcXid(payload.subarray(UDP_HEADER_LENGTH));
  return header === undefined || xid === undefined ? undefined : { octets: header.length, xid };
}
