/** What the controller knows of one request of several packets. */
import type { PuntedFrame } from '../dataplane/packet_io';
import type { Ipv4Address } from '../wire/address';
import type { Ipv4Packet } from '../wire/ipv4';
import { decodeRpcXid } from '../wire/rpc';
import { decodeUdpHeader, UDP_HEADER_LENGTH } from '../wire/udp';
import type { Combiner } from './combiner';
import { FragmentQueue } from './fragment_queue';
import { NO_ID } from './ids';

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
    readonly key: string,
    readonly client: Ipv4Address,
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

/** Equal for fragments that their receiver would put together (RFC 791, section 3.2). */
export function fragmentKey({ source, destination, protocol, identification }: Ipv4Packet): string {
  return `${source} ${destination} ${protocol} ${identification}`;
}

/** What a zeroth fragment says of the whole request; undefined if it does not hold an RPC message's beginning. */
export function readZeroth({ payload }: Ipv4Packet): { octets: number; xid: number } | undefined {
  const header = decodeUdpHeader(payload);
  const xid = decodeRpcXid(payload.subarray(UDP_HEADER_LENGTH));
  return header === undefined || xid === undefined ? undefined : { octets: header.length, xid };
}
