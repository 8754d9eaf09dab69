/** Watches what arrives at the stores: fragment by fragment, in the order in which each store gets them. */
import { isSamePacket, offsetOf, requestNumber } from './requests';

interface Watched {
  /** As they were sent, in order. */
  frames: readonly Uint8Array[];
  /** Client and identification: what a receiver tells datagrams apart by. */
  key: string;
  /** Where its zeroth fragment arrived first. */
  store: number | undefined;
  /** Octets that its store has in order. */
  octets: number;
  is_complete: boolean;
  /** Fragments, of all of them, that the network has not lost. */
  kept: number;
}

export class Judge {
  requests = 0;
  completed = 0;
  /** Not one fragment was lost before the switch, and yet their store did not get them all. */
  undelivered = 0;
  /** At another store than the zeroth of their request. */
  misdirected_fragments = 0;
  /** Requests of which a fragment arrived while its store was putting another one with the same key together. */
  mixed_datagrams = 0;
  /** That leave a gap before them. */
  out_of_order_fragments = 0;
  changed_fragments = 0;
  readonly #watched = new Map<number, Watched>();
  readonly #mixed = new Set<number>();
  /** By store and key: whose zeroth fragment arrived last. */
  readonly #current = new Map<string, number>();

  /** Requests that are not over. */
  get watched(): number {
    return this.#watched.size;
  }

  watch(number: number, key: string, frames: readonly Uint8Array[], kept: number): void {
    this.requests += 1;
    this.#watched.set(number, { frames, key, kept, store: undefined, octets: 0, is_complete: false });
  }

  /** Whether the store has a whole request with it that it had not before. */
  arrived(store: number, frame: Uint8Array): boolean {
    const number = requestNumber(frame);
    const request = this.#watched.get(number);
    const offset = offsetOf(frame);
    const index = request?.frames.findIndex((sent) => offsetOf(sent) === offset) ?? -1;
    const sent = request?.frames[index];
    if (request === undefined || sent === undefined || !isSamePacket(frame, sent)) {
      this.changed_fragments += 1;
      return false;
    }
    const place = `${store} ${request.key}`;
    if (offset === 0) {
      request.store ??= store;
      this.#current.set(place, number);
    }
    const was_complete = request.is_complete;
    if (request.store !== store) this.misdirected_fragments += 1;
    else if (this.#current.get(place) !== number) this.#mix(number);
    else this.#inOrder(request, offset, request.frames[index + 1]);
    return request.is_complete && !was_complete;
  }

  /** Nothing more can come of it. */
  forget(number: number): void {
    const request = this.#watched.get(number);
    if (request === undefined) return;
    if (request.is_complete) this.completed += 1;
    else if (request.kept === request.frames.length) this.undelivered += 1;
    this.#watched.delete(number);
    this.#mixed.delete(number);
  }

  #mix(number: number): void {
    if (this.#mixed.has(number)) return;
    this.#mixed.add(number);
    this.mixed_datagrams += 1;
  }

  #inOrder(request: Watched, offset: number, following: Uint8Array | undefined): void {
    if (offset > request.octets) this.out_of_order_fragments += 1;
    else if (following === undefined) request.is_complete = true;
    else request.octets = Math.max(request.octets, offsetOf(following));
  }
}
