/**
 * Requests of several packets whose fragments the switch does not pass by itself: because they came out of order,
 * because another datagram has their row in the switch, or because their pool takes requests in large packets
 * ([0036], [0037], [0040]). They wait here until it is known to which store the zeroth fragment went, and follow it
 * there in order. What cannot be put in order is dropped and counted; the client repeats the request.
 *
 * Which fragments are of one datagram goes by the switch's clock, so that it and the controller agree; this
 * process's own clock only frees what nothing comes for any more.
 */
import type { PACKET_OUT } from '../dataplane/constants';
import { FRAGMENT_LIFETIME_US } from '../dataplane/fragment';
import type { PuntedFrame } from '../dataplane/packet_io';
import type { Ipv4Address } from '../wire/address';
import { encodeEthernet, ETHERTYPE, withAddresses } from '../wire/ethernet';
import type { Frame } from '../wire/frame';
import { encodeIpv4, type Ipv4Packet } from '../wire/ipv4';
import type { Clock, Timer } from './clock';
import { Combiner } from './combiner';
import { FRAGMENT_COUNTS, type FragmentDrop } from './fragment_counts';
import { FragmentedRequest, fragmentKey, readZeroth } from './fragmented_request';
import type { Fragment } from './fragment_queue';
import { NO_ID } from './ids';
import type { Neighbour } from './neighbours';
import { Tally } from './tally';

export interface FragmentLimits {
  fragmented_requests_max: number;
  fragments_max: number;
  fragments_per_client_max: number;
}

export interface FragmentEnvironment {
  clock: Clock;
  limits: FragmentLimits;
  /** Where the store is; undefined if nobody knows. */
  placeOf(store_id: number): Neighbour | undefined;
  /** The largest packets the store takes a request in, in octets; undefined if it takes them as they come. */
  jumboOf(store_id: number): number | undefined;
  /** False if the frame could not be sent. */
  send(port_number: number, frame: Uint8Array, operation: keyof typeof PACKET_OUT): boolean;
}

type Punt = Pick<PuntedFrame, 'reason' | 'store_id' | 'fragment_next' | 'time_us' | 'frame'>;

const LIFETIME_MS = FRAGMENT_LIFETIME_US / 1000;

export class Fragments {
  readonly counts = new Tally(FRAGMENT_COUNTS);
  /** By `fragmentKey`; the one that has not been heard of for longest first. */
  readonly #requests = new Map<string, FragmentedRequest>();
  readonly #held_by_client = new Map<Ipv4Address, number>();
  #held = 0;
  #timer: Timer | undefined;

  constructor(private readonly environment: FragmentEnvironment) {}

  /** Requests of which something is remembered. */
  get size(): number {
    return this.#requests.size;
  }

  /** Frames that wait. */
  get held(): number {
    return this.#held;
  }

  /** A frame shown for reason `fragment` or `fragment_passed`. */
  receive(punt: Punt, { ipv4: packet }: Frame): void {
    this.counts.add('fragments_received');
    if (packet === undefined) return this.counts.add('fragments_dropped_unreadable');
    const request =
      packet.fragmentOffset_bytes === 0 ? this.#zeroth(punt, packet) : this.#follower(punt, packet);
    if (request === undefined) return;
    if (request.store_id !== NO_ID) this.#release(request);
    this.#account(request);
    this.#requireRoom(request);
  }

  /** The switch is away: what waits would be late. */
  hold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const request of this.#requests.values()) this.#forget(request, 'fragments_dropped_held');
  }

  /** Says which store the request goes to. Undefined: there is nothing more to do. */
  #zeroth(punt: Punt, packet: Ipv4Packet): FragmentedRequest | undefined {
    const zeroth = readZeroth(packet);
    if (zeroth === undefined || punt.store_id === NO_ID) {
      this.counts.add('fragments_dropped_unreadable');
      return undefined;
    }
    const is_passed = punt.reason === 'fragment_passed';
    const known = this.#find(punt, packet);
    if (known?.xid === zeroth.xid) {
      this.#open(punt, packet);
      // It came once more when the switch had forgotten the first; what that says of the rest goes by this one.
      if (is_passed) known.passed = punt.fragment_next;
      this.counts.add('fragments_dropped_repeated');
      return undefined;
    }
    if (known !== undefined && known.store_id !== NO_ID) this.#forget(known, 'fragments_dropped_replaced');
    const request = this.#open(punt, packet);
    if (request === undefined) return undefined;
    request.xid = zeroth.xid;
    this.#place(request, punt.store_id, is_passed ? punt.fragment_next : 0);
    if (!request.queue.setEnd(zeroth.octets)) {
      this.#giveUp(request, 'fragments_dropped_contradicting');
      return request;
    }
    if (is_passed) return request;
    const jumbo = this.environment.jumboOf(punt.store_id);
    if (jumbo !== undefined) request.combiner = new Combiner(jumbo);
    this.#add(request, { frame: punt.frame, packet });
    return request;
  }

  #follower(punt: Punt, packet: Ipv4Packet): FragmentedRequest | undefined {
    const known = this.#find(punt, packet);
    // The switch has taken another zeroth fragment for it meanwhile.
    if (known?.fits(punt) === false) this.#forget(known, 'fragments_dropped_replaced');
    const request = this.#open(punt, packet);
    if (request === undefined) return undefined;
    if (request.store_id === NO_ID && punt.store_id !== NO_ID) {
      this.#place(request, punt.store_id, punt.fragment_next);
    }
    this.#add(request, { frame: punt.frame, packet });
    return request;
  }

  /** The request the fragment is of, unless that is too old to be. */
  #find({ time_us }: Punt, packet: Ipv4Packet): FragmentedRequest | undefined {
    const request = this.#requests.get(fragmentKey(packet));
    if (request === undefined || time_us - request.arrived_us < FRAGMENT_LIFETIME_US) return request;
    this.#expire(request);
    return undefined;
  }

  /** The request with the fragment's key, new if there is none; undefined if there are too many. */
  #open({ time_us }: Punt, packet: Ipv4Packet): FragmentedRequest | undefined {
    const { clock, limits } = this.environment;
    const key = fragmentKey(packet);
    const now_ms = clock.now_ms();
    const known = this.#requests.get(key);
    if (known === undefined && this.#requests.size >= limits.fragmented_requests_max) {
      this.counts.add('fragments_dropped_requests_full');
      return undefined;
    }
    const request = known ?? new FragmentedRequest(key, packet.source, time_us, now_ms);
    request.arrived_us = time_us;
    request.heard_ms = now_ms;
    // As the one heard of last.
    this.#requests.delete(key);
    this.#requests.set(key, request);
    this.#timer ??= clock.after(LIFETIME_MS, () => this.#sweep());
    return request;
  }

  #place(request: FragmentedRequest, store_id: number, passed: number): void {
    request.store_id = store_id;
    request.passed = passed;
    this.#drop('fragments_dropped_overlapping', request.queue.start(passed));
  }

  #add(request: FragmentedRequest, fragment: Fragment): void {
    if (request.is_given_up) return this.#drop('fragments_dropped_given_up', 1);
    const fate = request.queue.add(fragment);
    if (fate === 'kept') return;
    this.#drop(`fragments_dropped_${fate}`, 1);
    if (fate === 'contradicting') this.#giveUp(request, 'fragments_dropped_contradicting');
  }

  /** Sends what is in order. */
  #release(request: FragmentedRequest): void {
    if (request.is_given_up) return;
    const place = this.environment.placeOf(request.store_id);
    if (place === undefined) return this.#giveUp(request, 'fragments_dropped_no_store');
    for (;;) {
      const fragment = request.queue.take();
      if (fragment === undefined) return;
      const { is_complete } = request.queue;
      const frames = this.#framesOf(request, fragment, place);
      const is_sent = frames.every((frame, index) => {
        const is_last = is_complete && index === frames.length - 1;
        return this.environment.send(place.port.number, frame, is_last ? 'send_last' : 'send');
      });
      if (!is_sent) {
        this.#drop('fragments_dropped_send', 1);
        return this.#giveUp(request, 'fragments_dropped_send');
      }
      this.counts.add(request.combiner === undefined ? 'fragments_sent' : 'fragments_combined');
      if (request.combiner !== undefined) this.counts.add('jumbo_packets_sent', frames.length);
      // It stays known: repetitions may be on their way to us that the switch has shown before it forgot the row.
      if (is_complete) this.counts.add('fragmented_requests_completed');
    }
  }

  /** What leaves once the fragment is next. */
  #framesOf({ combiner }: FragmentedRequest, fragment: Fragment, { mac, port }: Neighbour): Uint8Array[] {
    if (combiner === undefined) return [withAddresses(fragment.frame, mac, port.mac)];
    const addresses = { destination: mac, source: port.mac, etherType: ETHERTYPE.ipv4 };
    return combiner
      .add(fragment.packet)
      .map((packet) => encodeEthernet({ ...addresses, payload: encodeIpv4(packet) }));
  }

  /** A request that cannot wait whole is of no use in part. */
  #requireRoom(request: FragmentedRequest): void {
    const { fragments_max, fragments_per_client_max } = this.environment.limits;
    if (this.#held > fragments_max) this.#giveUp(request, 'fragments_dropped_full');
    else if ((this.#held_by_client.get(request.client) ?? 0) > fragments_per_client_max) {
      this.#giveUp(request, 'fragments_dropped_client_full');
    }
  }

  /** It stays known, so that the rest of it is dropped too. */
  #giveUp(request: FragmentedRequest, reason: FragmentDrop): void {
    this.counts.add('fragmented_requests_given_up');
    this.#drop(reason, request.held);
    request.giveUp();
    this.#account(request);
  }

  #expire(request: FragmentedRequest): void {
    const is_placed = request.store_id !== NO_ID;
    const is_over = request.is_given_up || request.queue.is_complete;
    if (is_placed && !is_over) this.counts.add('fragmented_requests_unfinished');
    this.#forget(request, is_placed ? 'fragments_dropped_unfinished' : 'fragments_dropped_no_zeroth');
  }

  #forget(request: FragmentedRequest, reason: FragmentDrop): void {
    this.#drop(reason, request.held);
    this.#remove(request);
  }

  #remove(request: FragmentedRequest): void {
    request.giveUp();
    this.#account(request);
    this.#requests.delete(request.key);
  }

  #sweep(): void {
    const { clock } = this.environment;
    this.#timer = undefined;
    for (const request of this.#requests.values()) {
      const left_ms = request.heard_ms + LIFETIME_MS - clock.now_ms();
      if (left_ms > 0) {
        this.#timer = clock.after(Math.ceil(left_ms), () => this.#sweep());
        return;
      }
      this.#expire(request);
    }
  }

  #drop(reason: FragmentDrop, frames: number): void {
    if (frames > 0) this.counts.add(reason, frames);
  }

  /** Adds up what has come or gone. */
  #account(request: FragmentedRequest): void {
    const { client, held } = request;
    const change = held - request.held_counted;
    if (change === 0) return;
    request.held_counted = held;
    this.#held += change;
    const of_client = (this.#held_by_client.get(client) ?? 0) + change;
    if (of_client === 0) this.#held_by_client.delete(client);
    else this.#held_by_client.set(client, of_client);
  }
}
