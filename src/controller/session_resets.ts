/**
 * Has clients' TCP connections reset that are at a store which is gone, so that clients connect anew instead of waiting. A reset
 * must have the sequence number that the client expects (RFC 5961, section 3.2), which nobody here knows. So the client is asked
 * for it: a segment whose sequence number it cannot accept it answers by an acknowledgement (RFC 9293, section 3.10.7.4). That goes
 * to the store that is now in place of the other, knows no such connection, and sends the very reset the acknowledgement asks for
 * (RFC 9293, section 3.10.7.1).
 *
 * A client that has such a connection no longer answers by a reset (ibid.), which ends what is known of it here.
 */
import type { PortConfig } from '../config/config';
import type { Ipv4Address } from '../wire/address';
import { encodeTcpFrame } from '../wire/frame';
import { TCP_FLAG } from '../wire/tcp';
import type { Clock, Timer } from './clock';
import type { Neighbour } from './neighbours';
import type { Session, Sessions } from './sessions';
import { Tally } from './tally';

export interface ResetEnvironment {
  clock: Clock;
  sessions: Sessions;
  /** Where a client is; undefined if nobody knows. */
  placeOf(client: Ipv4Address): Readonly<Neighbour> | undefined;
  /** Whether the store gets nothing, not even what is pinned to it. */
  isDown(store_id: number): boolean;
  /** False if the frame could not be sent. */
  send(port: PortConfig, frame: Uint8Array): boolean;
}

interface Probe {
  session: Session;
  /** Index into `ATTEMPTS_MS`. */
  attempt: number;
  first_ms: number;
  due_ms: number;
  /** How many there are to be. */
  attempts: number;
}

/**
 * Segments and answers may be lost. Linux answers a second such segment of a connection only half a second after the first
 * (`tcp_invalid_ratelimit`).
 */
const ATTEMPTS_MS = [0, 600, 2_000] as const;
/** A few milliseconds' worth, so that frames, timers and another store's death need not wait for the end. */
const TURN_FRAMES = 128;
const TURN_MS = 1;

export class SessionResets {
  readonly counts = new Tally([
    'sessions_reset',
    'session_probes_sent',
    'session_probes_dropped_no_route',
    'session_probes_dropped_send',
  ]);
  /** The latest of each session. */
  readonly #probes = new Map<Session, Probe>();
  /** By attempt, in the order they fall due in. */
  readonly #queues = ATTEMPTS_MS.map(() => new Set<Probe>());
  #timer: Timer | undefined;

  constructor(private readonly environment: ResetEnvironment) {}

  /** Sessions that are being reset or looked after. */
  get size(): number {
    return this.#probes.size;
  }

  /** The store is down, and the switch knows it. */
  reset(store_id: number): void {
    for (const session of this.environment.sessions.at(store_id)) {
      this.counts.add('sessions_reset');
      this.#begin(session, ATTEMPTS_MS.length);
    }
    this.#schedule();
  }

  /** Has clients say which of their connections to the store are over: nothing else tells that the store has reset one. */
  verify(store_id: number): void {
    for (const session of this.environment.sessions.at(store_id))
      if (!this.#probes.has(session)) this.#begin(session, 1);
    this.#schedule();
  }

  /** Nothing can be sent. */
  hold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#probes.clear();
    for (const queue of this.#queues) queue.clear();
  }

  #begin(session: Session, attempts: number): void {
    const before = this.#probes.get(session);
    if (before !== undefined) this.#queues[before.attempt]?.delete(before);
    const now_ms = this.environment.clock.now_ms();
    const probe = { session, attempt: 0, first_ms: now_ms, due_ms: now_ms, attempts };
    this.#probes.set(session, probe);
    this.#queues[0]?.add(probe);
  }

  #schedule(delay_min_ms = 0): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock } = this.environment;
    const due_ms = Math.min(...this.#queues.map((queue) => first(queue)?.due_ms ?? Infinity));
    if (due_ms === Infinity) return;
    const delay_ms = Math.max(delay_min_ms, Math.ceil(due_ms - clock.now_ms()));
    this.#timer = clock.after(delay_ms, () => this.#turn());
  }

  #turn(): void {
    const now_ms = this.environment.clock.now_ms();
    let frames = 0;
    for (const queue of this.#queues) {
      for (const probe of queue) {
        if (probe.due_ms > now_ms || frames === TURN_FRAMES) break;
        queue.delete(probe);
        if (!this.environment.sessions.isCurrent(probe.session)) this.#probes.delete(probe.session);
        else {
          this.#send(probe);
          frames += 1;
        }
      }
    }
    this.#schedule(frames === TURN_FRAMES ? TURN_MS : 0);
  }

  #send(probe: Probe): void {
    const { session, attempt, attempts, first_ms } = probe;
    this.counts.add(this.#sent(session, attempt));
    const next = ATTEMPTS_MS[attempt + 1];
    if (attempt + 1 < attempts && next !== undefined) {
      probe.attempt += 1;
      probe.due_ms = Math.max(first_ms + next, this.environment.clock.now_ms());
      this.#queues[probe.attempt]?.add(probe);
      return;
    }
    this.#probes.delete(session);
    // Otherwise the store has returned, and may have the connection still.
    if (this.environment.isDown(session.store_id)) this.environment.sessions.end(session);
  }

  #sent(session: Session, attempt: number): Parameters<SessionResets['counts']['add']>[0] {
    const place = this.environment.placeOf(session.client);
    if (place === undefined) return 'session_probes_dropped_no_route';
    const is_sent = this.environment.send(place.port, probeFrame(session, place, attempt));
    return is_sent ? 'session_probes_sent' : 'session_probes_dropped_send';
  }
}

/** As if the virtual store had sent it. */
function probeFrame(session: Session, { mac, port }: Readonly<Neighbour>, attempt: number): Uint8Array {
  const { client, client_port, address, port: service_port } = session;
  return encodeTcpFrame(
    { sourceMac: port.mac, destinationMac: mac, source: address, destination: client },
    {
      sourcePort: service_port,
      destinationPort: client_port,
      // A window is at most 2^30 wide (RFC 7323, section 2.3): if the client accepts one of these, it does not the other.
      sequence: attempt % 2 === 0 ? 0 : 2 ** 31,
      acknowledgement: 0,
      flags: TCP_FLAG.ack,
      window: 0,
      urgentPointer: 0,
      options: new Uint8Array(0),
      payload: new Uint8Array(0),
    },
  );
}

function first<T>(items: ReadonlySet<T>): T | undefined {
  return items.values().next().value;
}
