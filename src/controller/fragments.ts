/**
 * Requests of several packets whose fragments the switch does not pass by itself: because they came out of order,
 * because another datagram has their row in the switch, or because their pool takes requests in large packets
 * ([0036], [0037], [0040]). They wait here until it is known to which store the zeroth fragment went, and follow it
 * there in order. What cannot be put in order is dropped and counted; the client repeats the request.
 *
 * Which fragments are of one datagram goes by the switch's clock, so that it and the controller agree; this
 * process's own clock only frees what nothing comes for any more.
 *
 * Whoever can send fragments decides how many come here. So a client has a share of what can be remembered, requests
 * that were given up included, and what comes beyond it is dropped for a few octets of its header. Where all room is
 * taken, those give way who have most.
 */
import type { PACKET_OUT } from '../dataplane/constants';
import { FRAGMENT_LIFETIME_US } from '../dataplane/fragment';
import type { PuntedFrame } from '../dataplane/packet_io';
import { encodeEthernet, ETHERNET_HEADER_LENGTH, ETHERTYPE, withAddresses } from '../wire/ethernet';
import { decodeIpv4, encodeIpv4, type Ipv4Packet } from '../wire/ipv4';
import type { Clock, Timer } from './clock';
import { Combiner } from './combiner';
import { FRAGMENT_COUNTS, type FragmentDrop } from './fragment_counts';
import {
  FragmentedRequest,
  isFollower,
  readFragmentKey,
  readZeroth,
  type FragmentKey,
} from './fragmented_request';
import type { Fragment } from './fragment_queue';
import { NO_ID } from './ids';
import type { Neighbour } from './neighbours';
import { RememberedRequests } from './remembered_requests';
import { Tally } from './tally';

export interface FragmentLimits {
  fragmented_requests_max: number;
  fragmented_requests_per_client_max: number;
  fragments_max: number;
  fragments_per_client_max: number;
}

export interface FragmentEnvironment {
  clock: Clock;
  limits: FragmentLimits;
  /** Where the store is; undefined if nobody knows. */
  placeOf(store_id: number): Neighbour | undefined;
  /** The largest packets the store takes the service's requests in, in octets; undefined if as they come. */
  jumboOf(service_id: number, store_id: number): number | undefined;
  /** Whether what comes by that port is the gateway's, which sends requests in clients' names. */
  isGateway(port_number: number): boolean;
  /** False if the frame could not be sent. */
  send(port_number: number, frame: Uint8Array, operation: keyof typeof PACKET_OUT): boolean;
}

type Punt = Pick<
  PuntedFrame,
  'ingress_port' | 'reason' | 'service_id' | 'store_id' | 'fragment_next' | 'time_us' | 'frame'
>;

const LIFETIME_MS = FRAGMENT_LIFETIME_US / 1000;

export class Fragments {
  readonly counts = new Tally(FRAGMENT_COUNTS);
  readonly #requests = new RememberedRequests();
  #timer: Timer | undefined;

  constructor(private readonly environment: FragmentEnvironment) {}

  /** Requests of which something is remembered. */
  get size(): number {
    return this.#requests.size;
  }

  /** Frames that wait. */
  get held(): number {
    return this.#requests.held;
  }

  /** A frame shown for reason `fragment` or `fragment_passed`. */
  receive(punt: Punt): void {
    this.counts.add('fragments_received');
    const key = readFragmentKey(punt.frame, this.environment.isGateway(punt.ingress_port));
    if (key === undefined) return this.counts.add('fragments_dropped_unreadable');
    const known = this.#find(punt, key);
    const drop = known === undefined ? this.#refusal(punt, key) : this.#isRest(punt, known);
    if (drop !== undefined) return this.counts.add(drop);
    const packet = decodeIpv4(punt.frame.subarray(ETHERNET_HEADER_LENGTH));
    if (packet === undefined) return this.counts.add('fragments_dropped_unreadable');
    const request =
      packet.fragmentOffset_bytes === 0
        ? this.#zeroth(punt, key, packet, known)
        : this.#follower(punt, key, packet, known);
    if (request === undefined) return;
    if (request.store_id !== NO_ID) this.#release(request);
    this.#requests.account(request);
    this.#requireRoom(request);
  }

  /** The switch is away: what waits would be late. */
  hold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const request of this.#requests.values()) this.#forget(request, 'fragments_dropped_held');
  }

  /** Says which store the request goes to. Undefined: there is nothing more to do. */
  #zeroth(
    punt: Punt,
    key: FragmentKey,
    packet: Ipv4Packet,
    known: FragmentedRequest | undefined,
  ): FragmentedRequest | undefined {
    const zeroth = readZeroth(packet);
    if (zeroth === undefined || punt.store_id === NO_ID) {
      this.counts.add('fragments_dropped_unreadable');
      return undefined;
    }
    const is_passed = punt.reason === 'fragment_passed';
    if (known?.xid === zeroth.xid) {
      this.#hear(punt, known);
      // It came once more when the switch had forgotten the first; what that says of the rest goes by this one.
      if (is_passed) known.passed = punt.fragment_next;
      this.counts.add('fragments_dropped_repeated');
      return undefined;
    }
    if (known !== undefined && known.store_id !== NO_ID) this.#forget(known, 'fragments_dropped_replaced');
    const request = this.#open(punt, key);
    request.xid = zeroth.xid;
    this.#place(request, punt.store_id, is_passed ? punt.fragment_next : 0);
    if (!request.queue.setEnd(zeroth.octets)) {
      this.#giveUp(request, 'fragments_dropped_contradicting');
      return request;
    }
    if (is_passed) return request;
    const jumbo = this.environment.jumboOf(punt.service_id, punt.store_id);
    if (jumbo !== undefined) request.combiner = new Combiner(jumbo);
    this.#add(request, { frame: punt.frame, packet });
    return request;
  }

  #follower(
    punt: Punt,
    key: FragmentKey,
    packet: Ipv4Packet,
    known: FragmentedRequest | undefined,
  ): FragmentedRequest {
    // The switch has taken another zeroth fragment for it meanwhile.
    if (known?.fits(punt) === false) this.#forget(known, 'fragments_dropped_replaced');
    const request = this.#open(punt, key);
    if (request.store_id === NO_ID && punt.store_id !== NO_ID) {
      this.#place(request, punt.store_id, punt.fragment_next);
    }
    this.#add(request, { frame: punt.frame, packet });
    return request;
  }

  /** The request the fragment is of, unless that is too old to be. */
  #find(punt: Punt, key: FragmentKey): FragmentedRequest | undefined {
    const request = this.#requests.find(key);
    return request === undefined || this.#isCurrent(punt, request) ? request : undefined;
  }

  /** What has become too old is forgotten here, too: under load the timer is late. */
  #isCurrent({ time_us }: Punt, request: FragmentedRequest): boolean {
    if (time_us - request.arrived_us < FRAGMENT_LIFETIME_US) return true;
    this.#expire(request);
    return false;
  }

  /** Why there is no room for another request of the client; undefined if there is, or if others give way. */
  #refusal(punt: Punt, { client }: FragmentKey): FragmentDrop | undefined {
    const { fragmented_requests_max, fragmented_requests_per_client_max } = this.environment.limits;
    const isFull = (oldest: FragmentedRequest | undefined) =>
      oldest === undefined || this.#isCurrent(punt, oldest);
    if (
      this.#requests.of(client) >= fragmented_requests_per_client_max &&
      isFull(this.#requests.oldest(client))
    ) {
      return 'fragments_dropped_client_requests_full';
    }
    if (this.#requests.size < fragmented_requests_max || !isFull(this.#requests.oldest())) return undefined;
    return this.#requests.of(client) < this.#requests.most ? undefined : 'fragments_dropped_requests_full';
  }

  /** Whether it is a later fragment of a request that has been given up. */
  #isRest(punt: Punt, known: FragmentedRequest): FragmentDrop | undefined {
    if (!known.is_given_up || !isFollower(punt.frame) || !known.fits(punt)) return undefined;
    // Says where it went: what follows of another request will tell another store.
    if (known.store_id === NO_ID && punt.store_id !== NO_ID) return undefined;
    this.#hear(punt, known);
    return 'fragments_dropped_given_up';
  }

  /** The request with that key, new if there is none: `#refusal` has found that it may be. */
  #open(punt: Punt, key: FragmentKey): FragmentedRequest {
    let request = this.#requests.find(key);
    if (request === undefined) {
      if (this.#requests.size >= this.environment.limits.fragmented_requests_max) this.#evict();
      request = new FragmentedRequest(key, punt.time_us, 0);
    }
    this.#hear(punt, request);
    return request;
  }

  #hear({ time_us }: Punt, request: FragmentedRequest): void {
    const { clock } = this.environment;
    request.arrived_us = time_us;
    request.heard_ms = clock.now_ms();
    this.#requests.put(request);
    this.#timer ??= clock.after(LIFETIME_MS, () => this.#sweep());
  }

  /** Whoever has most requests loses the oldest. */
  #evict(): void {
    const request = this.#requests.oldestOfHeaviest();
    if (request === undefined) return;
    this.counts.add('fragmented_requests_evicted');
    this.#forget(request, 'fragments_dropped_evicted');
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
    const last = request.key.is_gateway ? 'send_last_gateway' : 'send_last';
    for (;;) {
      const fragment = request.queue.take();
      if (fragment === undefined) return;
      const { is_complete } = request.queue;
      const frames = this.#framesOf(request, fragment, place);
      const is_sent = frames.every((frame, index) => {
        const is_last = is_complete && index === frames.length - 1;
        return this.environment.send(place.port.number, frame, is_last ? last : 'send');
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
    const of_client = this.#requests.heldOf(request.key.client);
    if (of_client > fragments_per_client_max) return this.#giveUp(request, 'fragments_dropped_client_full');
    if (this.#requests.held <= fragments_max) return;
    const other = of_client < this.#requests.most_held ? this.#requests.waitingOfHeaviest() : undefined;
    if (other === undefined) this.#giveUp(request, 'fragments_dropped_full');
    else this.#giveUp(other, 'fragments_dropped_evicted');
  }

  /** It stays known, so that the rest of it is dropped too. */
  #giveUp(request: FragmentedRequest, reason: FragmentDrop): void {
    this.counts.add('fragmented_requests_given_up');
    this.#drop(reason, request.held);
    request.giveUp();
    this.#requests.account(request);
  }

  #expire(request: FragmentedRequest): void {
    const is_placed = request.store_id !== NO_ID;
    const is_over = request.is_given_up || request.queue.is_complete;
    if (is_placed && !is_over) this.counts.add('fragmented_requests_unfinished');
    this.#forget(request, is_placed ? 'fragments_dropped_unfinished' : 'fragments_dropped_no_zeroth');
  }

  #forget(request: FragmentedRequest, reason: FragmentDrop): void {
    this.#drop(reason, request.held);
    request.giveUp();
    this.#requests.account(request);
    this.#requests.remove(request);
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
}
