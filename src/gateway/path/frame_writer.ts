/**
 * UDP datagrams written as Ethernet frames where the packet socket sends them from: header fields one by one and the payload
 * copied once, nothing allocated. What is longer than the MTU leaves in fragments (RFC 791, section 3.2).
 */
import { GATEWAY_POOL_MAC } from '../../dataplane/constants';
import { foldedChecksum } from '../../wire/checksum';
import { ETHERNET_HEADER_LENGTH, ETHERTYPE } from '../../wire/ethernet';
import { writeMac, type MacAddress } from '../../wire/address';
import { IP_PROTOCOL, IPV4_MIN_HEADER_LENGTH } from '../../wire/ipv4';
import { UDP_HEADER_LENGTH } from '../../wire/udp';

/** The source's MAC address. */
const SOURCE = 6;
const IP = ETHERNET_HEADER_LENGTH;
const UDP = IP + IPV4_MIN_HEADER_LENGTH;
const VERSION_AND_LENGTH = 0x4500;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const TTL_AND_PROTOCOL = (64 << 8) | IP_PROTOCOL.udp;
/** The longest payload that an IPv4 packet without options can carry (RFC 768, RFC 791). */
export const UDP_PAYLOAD_OCTETS_MAX = 65_535 - IPV4_MIN_HEADER_LENGTH - UDP_HEADER_LENGTH;

/** Where frames are written to before they leave: a `TxBatch`. */
export interface FrameSlots {
  readonly frames: Uint8Array;
  /** The offset in `frames` for a frame of so many octets, which leaves when the next one is reserved or later; -1: it cannot. */
  reserve(octets: number): number;
}

export class FrameWriter {
  private readonly view: DataView;
  private readonly ethernet = new Uint8Array(ETHERNET_HEADER_LENGTH);
  /** By pool: for what the data plane is told the pool of. */
  private readonly ethernet_of_pools = new Map<number, Uint8Array>();
  private readonly fragment_octets: number;

  constructor(
    private readonly batch: FrameSlots,
    source: MacAddress,
    destination: MacAddress,
    private readonly mtu: number,
  ) {
    this.view = new DataView(batch.frames.buffer, batch.frames.byteOffset, batch.frames.byteLength);
    writeMac(this.ethernet, 0, destination);
    writeMac(this.ethernet, SOURCE, source);
    new DataView(this.ethernet.buffer).setUint16(12, ETHERTYPE.ipv4);
    this.fragment_octets = Math.floor((mtu - IPV4_MIN_HEADER_LENGTH) / 8) * 8;
  }

  /** Whether a datagram with so much payload needs an identification of its own. */
  isFragmented(payload_octets: number): boolean {
    return IPV4_MIN_HEADER_LENGTH + UDP_HEADER_LENGTH + payload_octets > this.mtu;
  }

  /**
   * `identification` distinguishes fragmented datagrams; others must not be fragmented on their way (RFC 6864: then it
   * means nothing). The payload must not be longer than UDP_PAYLOAD_OCTETS_MAX. `pool_id`: 0 if the data plane finds
   * the pool.
   */
  write(
    source: number,
    source_port: number,
    destination: number,
    destination_port: number,
    payload: Uint8Array,
    payload_sum: number,
    identification: number,
    pool_id: number,
  ): void {
    const { batch } = this;
    const ethernet = pool_id === 0 ? this.ethernet : this.ethernetOf(pool_id);
    const udp_octets = UDP_HEADER_LENGTH + payload.length;
    const addresses_sum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    // The length counts twice: in the pseudo header and in the header.
    const header_sum = IP_PROTOCOL.udp + 2 * udp_octets + source_port + destination_port;
    const checksum = foldedChecksum(addresses_sum + header_sum + payload_sum) || 0xffff;
    const is_fragmented = this.isFragmented(payload.length);
    const room = is_fragmented ? this.fragment_octets : udp_octets;
    for (let offset = 0; offset < udp_octets; offset += room) {
      const octets = Math.min(room, udp_octets - offset);
      const at = batch.reserve(UDP + octets);
      if (at < 0) return;
      const more = offset + octets < udp_octets ? MORE_FRAGMENTS : 0;
      this.writeHeader(
        at,
        ethernet,
        octets,
        identification,
        is_fragmented ? more | (offset / 8) : DONT_FRAGMENT,
        source,
        destination,
        addresses_sum,
      );
      let body = at + UDP;
      let from = offset - UDP_HEADER_LENGTH;
      if (offset === 0) {
        this.view.setUint16(body, source_port);
        this.view.setUint16(body + 2, destination_port);
        this.view.setUint16(body + 4, udp_octets);
        this.view.setUint16(body + 6, checksum);
        body += UDP_HEADER_LENGTH;
        from = 0;
      }
      const until = offset + octets - UDP_HEADER_LENGTH;
      const is_all = from === 0 && until === payload.length;
      batch.frames.set(is_all ? payload : payload.subarray(from, until), body);
    }
  }

  private ethernetOf(pool_id: number): Uint8Array {
    let ethernet = this.ethernet_of_pools.get(pool_id);
    if (ethernet === undefined) {
      ethernet = Uint8Array.from(this.ethernet);
      const view = new DataView(ethernet.buffer);
      view.setUint32(SOURCE, GATEWAY_POOL_MAC);
      view.setUint16(SOURCE + 4, pool_id);
      this.ethernet_of_pools.set(pool_id, ethernet);
    }
    return ethernet;
  }

  private writeHeader(
    at: number,
    ethernet: Uint8Array,
    octets: number,
    identification: number,
    fragment: number,
    source: number,
    destination: number,
    addresses_sum: number,
  ): void {
    const { view } = this;
    const total = IPV4_MIN_HEADER_LENGTH + octets;
    this.batch.frames.set(ethernet, at);
    view.setUint16(at + IP, VERSION_AND_LENGTH);
    view.setUint16(at + IP + 2, total);
    view.setUint16(at + IP + 4, identification);
    view.setUint16(at + IP + 6, fragment);
    view.setUint16(at + IP + 8, TTL_AND_PROTOCOL);
    const sum = VERSION_AND_LENGTH + total + identification + fragment + TTL_AND_PROTOCOL + addresses_sum;
    view.setUint16(at + IP + 10, foldedChecksum(sum));
    view.setUint32(at + IP + 12, source);
    view.setUint32(at + IP + 16, destination);
  }
}
