/**
 * The fragments of one IP datagram, in whatever order they come, put in order (RFC 791, section 3.2). Never the same
 * octets twice: a datagram whose fragments contradict each other is not repaired (RFC 5722, section 4, has it so for
 * IPv6).
 */
import type { Ipv4Packet } from '../wire/ipv4';

export interface Fragment {
  /** The whole frame, as it came. */
  frame: Uint8Array;
  packet: Ipv4Packet;
}

/** As many octets as the payload of an IPv4 packet without options has at most. */
const PAYLOAD_OCTETS_MAX = 65_515;

/**
 * - `kept`: it waits, or `take` gives it.
 * - `repeated`: exactly these octets are here already, or have been taken.
 * - `overlapping`: some of its octets have been taken, others not.
 * - `malformed`: no datagram has such a fragment.
 * - `contradicting`: the datagram has another end, or other octets in the same place.
 */
export type FragmentFate = 'kept' | 'repeated' | 'overlapping' | 'malformed' | 'contradicting';

export class FragmentQueue {
  /** Ordered by offset, none of them overlapping. */
  readonly #waiting: Fragment[] = [];
  /** Octets that have been taken, from the start; undefined while nobody knows. */
  #taken: number | undefined;
  /** Octets of the datagram's payload in all. */
  #end: number | undefined;

  /** Fragments that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** All octets have been taken. */
  get is_complete(): boolean {
    return this.#taken !== undefined && this.#taken === this.#end;
  }

  /** So many octets have passed elsewhere; those after them can be taken. Returns how many fragments hold some of them. */
  start(octets_passed: number): number {
    this.#taken = octets_passed;
    const before = this.#waiting.length;
    while (this.#waiting[0] !== undefined && offsetOf(this.#waiting[0]) < octets_passed)
      this.#waiting.shift();
    return before - this.#waiting.length;
  }

  /** False if what is here already contradicts it. */
  setEnd(octets: number): boolean {
    const last = this.#waiting.at(-1);
    if (this.#end !== undefined && this.#end !== octets) return false;
    if (last !== undefined && endOf(last) > octets) return false;
    if (last !== undefined && endOf(last) === octets && last.packet.moreFragments) return false;
    this.#end = octets;
    return true;
  }

  add(fragment: Fragment): FragmentFate {
    const { payload, moreFragments } = fragment.packet;
    const first = offsetOf(fragment);
    const end = endOf(fragment);
    if (payload.length === 0 || end > PAYLOAD_OCTETS_MAX || (moreFragments && payload.length % 8 !== 0)) {
      return 'malformed';
    }
    if (moreFragments ? this.#end !== undefined && end >= this.#end : !this.setEnd(end))
      return 'contradicting';
    if (this.#taken !== undefined && first < this.#taken) {
      return end <= this.#taken ? 'repeated' : 'overlapping';
    }
    const place = this.#waiting.findIndex((other) => endOf(other) > first);
    const next = this.#waiting[place];
    if (next === undefined) this.#waiting.push(fragment);
    else if (end <= offsetOf(next)) this.#waiting.splice(place, 0, fragment);
    else return isSame(fragment, next) ? 'repeated' : 'contradicting';
    return 'kept';
  }

  /** The next fragment in order, if it is here. */
  take(): Fragment | undefined {
    const [first] = this.#waiting;
    if (first === undefined || offsetOf(first) !== this.#taken) return undefined;
    this.#waiting.shift();
    this.#taken = endOf(first);
    return first;
  }
}

function offsetOf({ packet }: Fragment): number {
  return packet.fragmentOffset_bytes;
}

function endOf({ packet }: Fragment): number {
  return packet.fragmentOffset_bytes + packet.payload.length;
}

function isSame(one: Fragment, other: Fragment): boolean {
  return (
    offsetOf(one) === offsetOf(other) &&
    one.packet.moreFragments === other.packet.moreFragments &&
    Buffer.compare(one.packet.payload, other.packet.payload) === 0
  );
}
