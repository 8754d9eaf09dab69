/**
 * The requests of several packets that something is remembered of: by datagram, by age, and by client, so that it is
 * known at once who has most of them and whose packets wait. All of it costs the same however many there are.
 */
import type { FragmentedRequest, FragmentKey } from './fragmented_request';
import { Heaviest } from './heaviest';

interface Client {
  /** By datagram; the one that has not been heard of for longest first. */
  requests: Map<number, FragmentedRequest>;
  /** Those with packets that wait; the one that has some for longest first. */
  waiting: Set<FragmentedRequest>;
}

export class RememberedRequests {
  readonly #clients = new Map<number, Client>();
  /** The one that has not been heard of for longest first. */
  readonly #by_age = new Set<FragmentedRequest>();
  readonly #requests_of = new Heaviest<number>();
  readonly #held_of = new Heaviest<number>();
  #held = 0;

  get size(): number {
    return this.#by_age.size;
  }

  /** Packets that wait, in all. */
  get held(): number {
    return this.#held;
  }

  /** As many as any client has at most. */
  get most(): number {
    return this.#requests_of.weight;
  }

  /** The same of packets that wait. */
  get most_held(): number {
    return this.#held_of.weight;
  }

  find({ client, datagram }: FragmentKey): FragmentedRequest | undefined {
    return this.#clients.get(client)?.requests.get(datagram);
  }

  of(client: number): number {
    return this.#requests_of.weightOf(client);
  }

  heldOf(client: number): number {
    return this.#held_of.weightOf(client);
  }

  /** The one that has not been heard of for longest; of one client, if one is given. */
  oldest(client?: number): FragmentedRequest | undefined {
    if (client === undefined) return this.#by_age.values().next().value;
    return this.#clients.get(client)?.requests.values().next().value;
  }

  /** The oldest of a client that has most. */
  oldestOfHeaviest(): FragmentedRequest | undefined {
    const client = this.#requests_of.item;
    return client === undefined ? undefined : this.oldest(client);
  }

  /** The oldest with packets that wait, of a client that has most of those. */
  waitingOfHeaviest(): FragmentedRequest | undefined {
    const client = this.#held_of.item;
    return client === undefined ? undefined : this.#clients.get(client)?.waiting.values().next().value;
  }

  /** New, or heard of again. */
  put(request: FragmentedRequest): void {
    const { client: number, datagram } = request.key;
    let client = this.#clients.get(number);
    if (client === undefined)
      this.#clients.set(number, (client = { requests: new Map(), waiting: new Set() }));
    if (this.#by_age.delete(request)) client.requests.delete(datagram);
    else this.#requests_of.add(number, 1);
    this.#by_age.add(request);
    client.requests.set(datagram, request);
  }

  /** It holds nothing any more. */
  remove(request: FragmentedRequest): void {
    const { client: number, datagram } = request.key;
    if (!this.#by_age.delete(request)) return;
    this.#requests_of.add(number, -1);
    const client = this.#clients.get(number);
    client?.requests.delete(datagram);
    if (client?.requests.size === 0) this.#clients.delete(number);
  }

  /** Adds up the packets of it that have come or gone. */
  account(request: FragmentedRequest): void {
    const { key, held, held_counted } = request;
    if (held === held_counted) return;
    const waiting = this.#clients.get(key.client)?.waiting;
    if (held === 0) waiting?.delete(request);
    else waiting?.add(request);
    request.held_counted = held;
    this.#held += held - held_counted;
    this.#held_of.add(key.client, held - held_counted);
  }

  values(): IterableIterator<FragmentedRequest> {
    return this.#by_age.values();
  }
}
