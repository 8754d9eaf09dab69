/**
 * Datagrams put together from their fragments (RFC 791, section 3.2), in any order. Fragments that overlap are refused with
 * their whole datagram (as RFC 5722 has it for IPv6): stores do not send such, and those of two datagrams of one
 * identification would mix.
 */

export interface ReassemblyLimits {
  /** Datagrams of which parts wait. Beyond, the oldest is given up. */
  datagrams_max: number;
  /** Octets in their buffers together. Beyond, the oldest is given up. */
  octets_max: number;
  /** Since its first part came. Short: whoever misses a part is asked again, and identifications come back. */
  wait_ms_max: number;
}

export interface Fragment {
  source: number;
  destination: number;
  identification: number;
  /** Of the IP payload: a multiple of 8. */
  offset: number;
  more: boolean;
  /** Its part of the IP payload is `buffer[start, end)`. */
  buffer: Uint8Array;
  view: DataView;
  start: number;
  end: number;
}

/** The IP payload of a whole datagram, in a buffer that holds nothing else. */
export interface Reassembled {
  buffer: Uint8Array;
  view: DataView;
  length: number;
}

interface Partial {
  key: number;
  source: number;
  began_ms: number;
  buffer: Uint8Array;
  /** What is there, as [start, end) pairs in order that neither touch nor overlap. */
  ranges: number[];
  /** Length of the whole; undefined until the last fragment said so. */
  length: number | undefined;
}

export interface ReassemblyCounts {
  reassembled: number;
  /** Parts that overlap, contradict each other or go beyond the longest packet. */
  fragments_refused: number;
  /** Given up before they were whole. */
  reassembly_timeouts: number;
  reassembly_overflows: number;
}

const PACKET_PAYLOAD_OCTETS_MAX = 65_535 - 20;
const UDP_LENGTH_OFFSET = 4;
const FIRST_BUFFER_OCTETS = 4096;

export class Reassembly {
  /** In the order in which they began. */
  readonly #partials = new Map<number, Partial>();
  #octets = 0;

  constructor(
    private readonly limits: ReassemblyLimits,
    private readonly counts: ReassemblyCounts,
  ) {}

  get waiting(): number {
    return this.#partials.size;
  }

  get octets(): number {
    return this.#octets;
  }

  /** The datagram that this fragment of UDP makes whole. The fragment itself is copied. */
  add(fragment: Fragment, now_ms: number): Reassembled | undefined {
    const { destination, identification, source, offset, start, end, more } = fragment;
    this.expire(now_ms);
    const until = offset + end - start;
    // Each but the last is a multiple of 8 octets.
    if (until > PACKET_PAYLOAD_OCTETS_MAX || end <= start || (more && (end - start) % 8 !== 0)) {
      this.counts.fragments_refused++;
      return undefined;
    }
    const key = destination * 0x10000 + identification;
    let partial = this.#partials.get(key);
    if (partial !== undefined && partial.source !== source) {
      // Two senders, one identification: the older gives way.
      this.counts.reassembly_overflows++;
      this.remove(partial);
      partial = undefined;
    }
    partial ??= this.begin(key, source, fragment, now_ms);
    if (!fits(partial, offset, until, more) || !insertRange(partial.ranges, offset, until)) {
      this.counts.fragments_refused++;
      this.remove(partial);
      return undefined;
    }
    if (!more) partial.length = until;
    this.reserve(partial, until);
    partial.buffer.set(fragment.buffer.subarray(start, end), offset);
    const { length, ranges } = partial;
    if (length === undefined || ranges.length !== 2 || ranges[0] !== 0 || ranges[1] !== length) {
      this.shrink();
      return undefined;
    }
    this.remove(partial);
    this.counts.reassembled++;
    const { buffer } = partial;
    return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength), length };
  }

  /** Gives up what has waited for too long. */
  expire(now_ms: number): void {
    for (const partial of this.#partials.values()) {
      if (now_ms - partial.began_ms < this.limits.wait_ms_max) return;
      this.counts.reassembly_timeouts++;
      this.remove(partial);
    }
  }

  private begin(key: number, source: number, fragment: Fragment, now_ms: number): Partial {
    const { offset, start, end, view } = fragment;
    // The first fragment has the UDP header, which says how long the whole will be.
    const has_header = offset === 0 && end - start >= 8;
    const announced = has_header ? view.getUint16(start + UDP_LENGTH_OFFSET) : FIRST_BUFFER_OCTETS;
    const octets = Math.max(announced, offset + end - start);
    const partial = {
      key,
      source,
      began_ms: now_ms,
      buffer: new Uint8Array(octets),
      ranges: [],
      length: undefined,
    };
    this.#partials.set(key, partial);
    this.#octets += octets;
    return partial;
  }

  private reserve(partial: Partial, octets: number): void {
    const old = partial.buffer;
    if (octets <= old.length) return;
    partial.buffer = new Uint8Array(Math.min(PACKET_PAYLOAD_OCTETS_MAX, Math.max(octets, 2 * old.length)));
    partial.buffer.set(old);
    this.#octets += partial.buffer.length - old.length;
  }

  private shrink(): void {
    const { datagrams_max, octets_max } = this.limits;
    for (const partial of this.#partials.values()) {
      if (this.#partials.size <= datagrams_max && this.#octets <= octets_max) return;
      this.counts.reassembly_overflows++;
      this.remove(partial);
    }
  }

  private remove(partial: Partial): void {
    this.#partials.delete(partial.key);
    this.#octets -= partial.buffer.length;
  }
}

/** Whether a part does not contradict what is known of the whole's length. */
function fits({ length, ranges }: Partial, offset: number, until: number, more: boolean): boolean {
  if (length !== undefined) return more && until <= length && offset < length;
  return more || (ranges[ranges.length - 1] ?? 0) <= until;
}

/** Adds [start, end) unless it overlaps; ranges that touch become one. */
function insertRange(ranges: number[], start: number, end: number): boolean {
  let at = ranges.length;
  // In order is the usual case: look from the back.
  while (at > 0 && (ranges[at - 2] ?? 0) >= end) at -= 2;
  const before_end = at > 0 ? (ranges[at - 1] ?? 0) : -1;
  if (before_end > start) return false;
  const touches_before = before_end === start;
  const touches_after = at < ranges.length && ranges[at] === end;
  if (touches_before && touches_after) ranges.splice(at - 1, 2);
  else if (touches_before) ranges[at - 1] = end;
  else if (touches_after) ranges[at] = start;
  else ranges.splice(at, 0, start, end);
  return true;
}
