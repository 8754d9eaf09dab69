/** Puts the fragments of a datagram, in order, into as few packets of at most `size` octets as they fit in. */
import { combineIpv4, fragmentIpv4 } from '../wire/ipv4_fragment';
import { IPV4_MIN_HEADER_LENGTH, type Ipv4Packet } from '../wire/ipv4';

export class Combiner {
  #waiting: Ipv4Packet[] = [];
  #octets = 0;

  constructor(private readonly size: number) {}

  /** Fragments that wait for the packet they are in to be full. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The packets that are full with it; with the datagram's last fragment, all that are left. */
  add(packet: Ipv4Packet): Ipv4Packet[] {
    this.#waiting.push(packet);
    this.#octets += packet.payload.length;
    const [first = packet, ...others] = this.#waiting;
    const total_octets = IPV4_MIN_HEADER_LENGTH + first.options.length + this.#octets;
    if (packet.moreFragments && total_octets <= this.size) return [];
    const packets = fragmentIpv4(combineIpv4([first, ...others]), this.size);
    const rest = packet.moreFragments ? packets.pop() : undefined;
    this.#waiting = rest === undefined ? [] : [rest];
    this.#octets = rest?.payload.length ?? 0;
    return packets;
  }
}
