/**
 * TCP connections of services in mode session: which client's is at which store. The switch shows a copy of each segment of a
 * client that begins or ends one; copies may be lost, so this is what is known, not what is. Each connection is pinned to its
 * store by an entry of the switch's, from which a restarted controller knows it again. One that should be pinned by now and is not
 * the switch shows once more, when its client next sends something.
 *
 * Whoever can send frames decides how many there are: where all room is taken, whoever has most loses its oldest.
 */
import { sessionPin } from '../dataplane/session_pin';
import type { Row } from '../dataplane/table';
import type { Ipv4Address } from '../wire/address';
import type { Frame } from '../wire/frame';
import { hasTcpFlag } from '../wire/tcp';
import type { Clock, Timer } from './clock';
import { Heaviest } from './heaviest';
import { NO_ID } from './ids';
import type { RowChange } from './table_writer';
import { Tally } from './tally';

export interface SessionLimits {
  sessions_max: number;
}

export interface SessionEnvironment {
  clock: Clock;
  limits: SessionLimits;
  /** These entries have changed. */
  onChange(changes: readonly RowChange[]): void;
}

/** Both ends of a connection (RFC 9293, section 3.4), as a client's segments have them. */
export interface SessionEnds {
  client: Ipv4Address;
  client_port: number;
  /** The virtual store's. */
  address: Ipv4Address;
  port: number;
}

export interface Session extends SessionEnds {
  readonly store_id: number;
  /** Its pin. */
  readonly row: Row;
  /** The pin should be there. */
  is_pinned: boolean;
  /** When it is forgotten, since its client has closed its side; undefined while it is open. */
  closes_ms: number | undefined;
}

interface OfStore {
  /** The oldest first. */
  sessions: Set<Session>;
  closing: number;
}

/**
 * A client's FIN closes its own direction only, and RFC 9293 lets the other one go on for as long as it likes. Servers of NFS
 * and SMB close theirs as soon as they read the FIN, so what is left is that FIN and its acknowledgement, repeated after 0.2, 0.4,
 * 0.8 and 1.6 s if lost (RFC 6298, with Linux's minimum).
 */
const CLOSING_MS = 5_000;

export class Sessions {
  readonly counts = new Tally([
    'sessions_begun',
    'sessions_ended',
    /** Gave way to new ones: no longer pinned, nor reset when their store dies. */
    'sessions_evicted',
    /** Had begun without being seen, and are pinned since. */
    'sessions_found',
    /** Such for which there was no room: they keep what room has been given to others. */
    'sessions_found_no_room',
    'session_segments_unreadable',
  ]);
  readonly #sessions = new Map<string, Session>();
  readonly #of_store = new Map<number, OfStore>();
  /** The oldest first. */
  readonly #of_client = new Map<Ipv4Address, Set<Session>>();
  readonly #clients = new Heaviest<Ipv4Address>();
  /** In the order they are forgotten in. */
  readonly #closing = new Set<Session>();
  #timer: Timer | undefined;

  constructor(private readonly environment: SessionEnvironment) {}

  /** Those that are closing included. */
  get size(): number {
    return this.#sessions.size;
  }

  /** How many are open at a store. */
  count(store_id: number): number {
    const of_store = this.#of_store.get(store_id);
    return of_store === undefined ? 0 : of_store.sessions.size - of_store.closing;
  }

  has(store_id: number): boolean {
    return this.#of_store.has(store_id);
  }

  /** All at a store, those that are closing included. */
  at(store_id: number): Iterable<Session> {
    return this.#of_store.get(store_id)?.sessions ?? [];
  }

  /**
   * The store has returned, most likely without its connections, while clients may have begun others from the same ports. What it
   * still has is found by its next segment.
   */
  unpin(store_id: number): void {
    const pinned = [...this.at(store_id)].filter(({ is_pinned }) => is_pinned);
    for (const session of pinned) session.is_pinned = false;
    this.environment.onChange(pinned.map(({ row }) => ({ row, is_wanted: false })));
  }

  /** False once it has ended, or its client has begun another from the same port. */
  isCurrent(session: Session): boolean {
    return this.#sessions.get(nameOf(session)) === session;
  }

  /** A segment of a client, with SYN, FIN or RST or of a session that is not pinned to that store, to which the switch has sent it. */
  receive(store_id: number, { ipv4, tcp }: Frame): void {
    if (ipv4 === undefined || tcp === undefined || store_id === NO_ID) {
      return this.counts.add('session_segments_unreadable');
    }
    const ends: SessionEnds = {
      client: ipv4.source,
      client_port: tcp.sourcePort,
      address: ipv4.destination,
      port: tcp.destinationPort,
    };
    const known = this.#sessions.get(nameOf(ends));
    if (hasTcpFlag(tcp, 'rst')) return known && this.end(known);
    if (hasTcpFlag(tcp, 'fin')) return known && this.#close(known);
    if (!hasTcpFlag(tcp, 'syn')) this.#find(ends, store_id, known);
    else if (!hasTcpFlag(tcp, 'ack')) this.#begin(ends, store_id);
  }

  /** As an earlier controller has pinned it; what has been seen of its port since counts more. Tells nobody. */
  adopt(ends: SessionEnds, store_id: number): void {
    if (this.#sessions.has(nameOf(ends))) return;
    this.#makeRoom(ends.client);
    this.#put(ends, store_id);
  }

  /** Another controller is in charge, and pins what it knows. Tells nobody. */
  forget(): void {
    for (const session of [...this.#sessions.values()]) this.#take(session);
  }

  /** It is over, or of no use any more. */
  end(session: Session): void {
    if (!this.isCurrent(session)) return;
    this.counts.add('sessions_ended');
    this.#remove(session);
  }

  hold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  resume(): void {
    this.#sweep();
  }

  /** The pins there should be. */
  rows(): Row[] {
    return [...this.#sessions.values()].filter(({ is_pinned }) => is_pinned).map(({ row }) => row);
  }

  get #isFull(): boolean {
    return this.#sessions.size >= this.environment.limits.sessions_max;
  }

  #begin(ends: SessionEnds, store_id: number): void {
    this.counts.add('sessions_begun');
    const before = this.#sessions.get(nameOf(ends));
    // Its pin has the key of the new one.
    if (before !== undefined) this.#take(before);
    else this.#makeRoom(ends.client);
    const { row } = this.#put(ends, store_id);
    if (before?.store_id !== store_id || !before.is_pinned)
      this.environment.onChange([{ row, is_wanted: true }]);
  }

  /** Nobody gives way to it: whoever had to would be found next. */
  #find(ends: SessionEnds, store_id: number, known: Session | undefined): void {
    // Its pin is on its way.
    if (known?.store_id === store_id && known.is_pinned) return;
    if (known !== undefined) this.#take(known);
    else if (this.#isFull) return this.counts.add('sessions_found_no_room');
    this.counts.add('sessions_found');
    const { row } = this.#put(ends, store_id);
    this.environment.onChange([{ row, is_wanted: true }]);
  }

  #close(session: Session): void {
    if (session.closes_ms !== undefined) return;
    const { clock } = this.environment;
    session.closes_ms = clock.now_ms() + CLOSING_MS;
    this.#closing.add(session);
    const of_store = this.#of_store.get(session.store_id);
    if (of_store !== undefined) of_store.closing += 1;
    this.#timer ??= clock.after(CLOSING_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.hold();
    const { clock } = this.environment;
    for (const session of this.#closing) {
      const left_ms = (session.closes_ms ?? 0) - clock.now_ms();
      if (left_ms > 0) {
        this.#timer = clock.after(Math.ceil(left_ms), () => this.#sweep());
        return;
      }
      this.end(session);
    }
  }

  #makeRoom(client: Ipv4Address): void {
    if (!this.#isFull) return;
    const [oldest] = this.#of_client.get(this.#clients.item ?? client) ?? [];
    if (oldest === undefined) return;
    this.counts.add('sessions_evicted');
    this.#remove(oldest);
  }

  #put(ends: SessionEnds, store_id: number): Session {
    const session: Session = {
      ...ends,
      store_id,
      row: pinOf(ends, store_id),
      is_pinned: true,
      closes_ms: undefined,
    };
    const of_store = this.#of_store.get(store_id) ?? { sessions: new Set(), closing: 0 };
    const of_client = this.#of_client.get(ends.client) ?? new Set();
    this.#sessions.set(nameOf(ends), session);
    this.#of_store.set(store_id, of_store);
    this.#of_client.set(ends.client, of_client);
    of_store.sessions.add(session);
    of_client.add(session);
    this.#clients.add(ends.client, 1);
    return session;
  }

  #remove(session: Session): void {
    this.#take(session);
    this.environment.onChange([{ row: session.row, is_wanted: false }]);
  }

  #take(session: Session): void {
    const { client, store_id } = session;
    const of_store = this.#of_store.get(store_id);
    const of_client = this.#of_client.get(client);
    this.#sessions.delete(nameOf(session));
    if (of_store !== undefined) {
      of_store.sessions.delete(session);
      if (this.#closing.delete(session)) of_store.closing -= 1;
      if (of_store.sessions.size === 0) this.#of_store.delete(store_id);
    }
    of_client?.delete(session);
    if (of_client?.size === 0) this.#of_client.delete(client);
    this.#clients.add(client, -1);
  }
}

function nameOf({ client, client_port, address, port }: SessionEnds): string {
  return `${client}:${client_port} ${address}:${port}`;
}

function pinOf({ client, client_port, address, port }: SessionEnds, store_id: number): Row {
  return sessionPin.row(
    { src_addr: client, src_port: client_port, dst_addr: address, dst_port: port },
    { name: 'pin', params: { store_id } },
  );
}
