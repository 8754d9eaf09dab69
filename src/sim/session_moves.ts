/**
 * Do TCP connections stay at their stores while pools change? Every second a store dies, returns, drains, is restored, or the
 * configuration is another: with other weights, with a store more or less in the pool. Every segment passes the compiled program,
 * with the entries of the controller behind it. Connections are silent for up to several times as long as the request table remembers
 * them. Clients of stores that die are asked by the controller, and answer, as in `src/controller/session_resets.ts`.
 */
import type { Config } from '../config/config';
import { decodeFrame } from '../wire/frame';
import { NFS_PORT } from '../wire/nfs3';
import { TCP_FLAG } from '../wire/tcp';
import { DrivenVirtualizer } from './driven_virtualizer';
import { Frames, nullAnswer } from './frames';
import { Draws } from './random';
import { ChangeLog } from './session_history';
import { CLIENT_PORT, clientAddress, introduceClients, siteConfig, STORE_PORT, storeName, VIP } from './site';
import { Timeline } from './timeline';
import { CLIENTS } from './trace';

export interface SessionMovesOptions {
  seed: number;
  /** That are open at one time. */
  sessions: number;
  stores: number;
  duration_s: number;
  /** How a controller ends when its configuration changes: `killed`, it loses what it has not written. */
  controllers_are: 'stopped' | 'killed';
  /** In words, of the first ones that are moved. */
  onMoved?: (history: string) => void;
}

export interface SessionMovesCounts {
  /** That have been open, one after the other. */
  sessions: number;
  segments: number;
  /** Of pools: deaths among them. */
  pool_changes: number;
  store_deaths: number;
  /** Sent to another store while theirs lives. */
  moved: number;
  /** Of stores that died: reset by a store in its place, since the controller had asked the client. */
  reset_at_once: number;
  /** Of stores that died: reset when the client next sent something. */
  reset_later: number;
  /** Segments that left for no store. */
  dropped: number;
}

interface Session {
  client: number;
  port: number;
  /** Between two segments, on average. */
  spacing_us: number;
  store: number;
  /** Which start of the store has it; undefined while it is not open. */
  incarnation: number | undefined;
  begun_us: number;
  last_us: number;
  /** Grows with each connection. */
  number: number;
}

interface Fate {
  is_alive: boolean;
  is_drained: boolean;
  is_member: boolean;
  incarnation: number;
  weight: number;
}

const FIRST_PORT = 1024;
const WAY_US = 20;
const CONTROLLER_US = { min: 100, max: 500 };
const SET_UP_US = 2_000_000;
/** In which all sessions begin. */
const BEGIN_US = 10_000_000;
const BETWEEN_CHANGES_US = 1_000_000;
/** One change in so many is of the configuration, which begins a controller anew. */
const CONFIG_CHANGE = 10;
const SPACING_US = { min: 5_000_000, max: 240_000_000 };
/** One segment in so many is a session's last. */
const SEGMENTS_MEAN = 50;
const PAUSE_US = 2_000_000;
const SERVING_MIN = 2;
const WEIGHT_MAX = 3;
/** As many moves are told in words. */
const HISTORIES_MAX = 50;

/** Rejects soon after `signal` aborts. */
export async function runSessionMoves(
  options: SessionMovesOptions,
  signal?: AbortSignal,
): Promise<SessionMovesCounts> {
  return new SessionMoves(options).run(signal);
}

class SessionMoves {
  readonly #timeline = new Timeline();
  readonly #frames = new Frames();
  readonly #draws: Draws;
  readonly #fates: Fate[];
  readonly #sessions: Session[];
  readonly #virtualizer: DrivenVirtualizer;
  readonly #changes = new ChangeLog();
  readonly #counts: SessionMovesCounts = {
    sessions: 0,
    segments: 0,
    pool_changes: 0,
    store_deaths: 0,
    moved: 0,
    reset_at_once: 0,
    reset_later: 0,
    dropped: 0,
  };

  constructor(private readonly options: SessionMovesOptions) {
    const { seed, sessions, stores } = options;
    this.#draws = new Draws(seed);
    this.#fates = Array.from({ length: stores }, () => ({
      is_alive: true,
      is_drained: false,
      is_member: true,
      incarnation: 1,
      weight: 1,
    }));
    this.#sessions = Array.from({ length: sessions }, (_, index) => ({
      client: index % CLIENTS,
      port: FIRST_PORT + Math.floor(index / CLIENTS),
      spacing_us: SPACING_US.min * (SPACING_US.max / SPACING_US.min) ** this.#draws.uniform(),
      store: 0,
      incarnation: undefined,
      begun_us: 0,
      last_us: 0,
      number: 0,
    }));
    this.#virtualizer = new DrivenVirtualizer({
      config: this.#config(),
      timeline: this.#timeline,
      random_seed: seed,
      delay_us: () => CONTROLLER_US.min + this.#draws.below(CONTROLLER_US.max - CONTROLLER_US.min),
      onFrame: (port, frame) => this.#fromController(port, frame),
    });
  }

  async run(signal: AbortSignal | undefined): Promise<SessionMovesCounts> {
    const timeline = this.#timeline;
    await timeline.runFor(SET_UP_US);
    introduceClients(this.#virtualizer.virtualizer);
    await timeline.runFor(SET_UP_US);
    for (const session of this.#sessions) {
      timeline.later(BEGIN_US * this.#draws.uniform(), () => this.#begin(session));
    }
    const end_us = timeline.now_us + BEGIN_US + this.options.duration_s * 1e6;
    timeline.later(BEGIN_US, () => this.#changeEvery());
    await timeline.run(() => {
      signal?.throwIfAborted();
      return timeline.now_us > end_us;
    });
    return this.#counts;
  }

  #begin(session: Session): void {
    session.number += 1;
    const store = this.#forward(session, TCP_FLAG.syn);
    const fate = store === undefined ? undefined : this.#fates[store];
    if (store === undefined || fate?.is_alive !== true) {
      session.incarnation = undefined;
      this.#later(session, PAUSE_US, () => this.#begin(session));
      return;
    }
    session.store = store;
    session.incarnation = fate.incarnation;
    session.begun_us = this.#timeline.now_us;
    session.last_us = session.begun_us;
    this.#counts.sessions += 1;
    this.#next(session);
  }

  #next(session: Session): void {
    this.#later(session, session.spacing_us * this.#draws.exponential(), () => {
      if (this.#draws.isBelow(1 / SEGMENTS_MEAN)) {
        this.#judge(session, TCP_FLAG.fin | TCP_FLAG.ack, 'reset_later');
        session.incarnation = undefined;
        session.number += 1;
        this.#later(session, PAUSE_US, () => this.#begin(session));
      } else if (this.#judge(session, TCP_FLAG.ack, 'reset_later')) {
        this.#next(session);
      }
    });
  }

  /** Unless the session is another by then. */
  #later(session: Session, delay_us: number, happen: () => void): void {
    const { number } = session;
    this.#timeline.later(delay_us, () => {
      if (session.number === number) happen();
    });
  }

  /** Sends a segment; false if the session has been reset, and begins anew. */
  #judge(session: Session, flags: number, reset: 'reset_at_once' | 'reset_later'): boolean {
    if (session.incarnation === undefined) return true;
    const store = this.#forward(session, flags);
    const { last_us } = session;
    session.last_us = this.#timeline.now_us;
    const has_it = this.#fates[session.store];
    const lives = has_it?.is_alive === true && has_it.incarnation === session.incarnation;
    if (store === undefined || (lives && store === session.store)) return true;
    // Nobody is there to reset it.
    if (this.#fates[store]?.is_alive !== true) return true;
    this.#counts[lives ? 'moved' : reset] += 1;
    if (lives && this.#counts.moved <= HISTORIES_MAX) this.#tell(session, store, last_us);
    session.incarnation = undefined;
    session.number += 1;
    this.#later(session, PAUSE_US * this.#draws.uniform(), () => this.#begin(session));
    return false;
  }

  #tell(session: Session, to: number, last_us: number): void {
    const { client, port, store, begun_us } = session;
    this.options.onMoved?.(
      this.#changes.describe({
        client,
        port,
        from: storeName(store),
        to: storeName(to),
        begun_us,
        last_us,
        moved_us: this.#timeline.now_us,
        pinned_to: this.#virtualizer.pinnedTo({
          src_addr: clientAddress(client),
          src_port: port,
          dst_addr: VIP,
          dst_port: NFS_PORT,
        }),
      }),
    );
  }

  #forward({ client, port }: Session, flags: number): number | undefined {
    this.#counts.segments += 1;
    const departure = this.#virtualizer.program.forward(
      CLIENT_PORT,
      this.#frames.segment(client, port, flags),
    );
    if (departure?.port === STORE_PORT) return departure.station;
    this.#counts.dropped += 1;
    return undefined;
  }

  /** Checks of health, and segments to clients. */
  #fromController(port: number, frame: Uint8Array): void {
    const station = ((frame[4] as number) << 8) | (frame[5] as number);
    if (port === STORE_PORT) {
      const answer = nullAnswer(frame);
      if (answer === undefined) throw new Error('the controller sent a store what is no check of health');
      this.#timeline.later(2 * WAY_US, () => {
        if (this.#fates[station]?.is_alive === true) this.#virtualizer.program.receive(STORE_PORT, answer);
      });
      return;
    }
    const { tcp } = decodeFrame(frame) ?? {};
    const session =
      tcp === undefined ? undefined : this.#sessions[station + (tcp.destinationPort - FIRST_PORT) * CLIENTS];
    if (session === undefined) throw new Error(`the controller sent nobody something by port ${port}`);
    this.#timeline.later(2 * WAY_US, () => {
      if (session.incarnation === undefined) this.#forward(session, TCP_FLAG.rst);
      else this.#judge(session, TCP_FLAG.ack, 'reset_at_once');
    });
  }

  #changeEvery(): void {
    const change = this.#change();
    if (change !== undefined) {
      this.#counts.pool_changes += 1;
      this.#changes.add(this.#timeline.now_us, change);
    }
    this.#timeline.later(BETWEEN_CHANGES_US, () => this.#changeEvery());
  }

  /** In words; undefined if none may happen. */
  #change(): string | undefined {
    const store = this.#draws.below(this.#fates.length);
    const name = storeName(store);
    const fate = this.#fates[store] as Fate;
    const serving = this.#fates.filter((one) => one.is_alive && !one.is_drained && one.is_member);
    const may_leave = serving.length > SERVING_MIN || !serving.includes(fate);
    if ((this.#counts.pool_changes + 1) % CONFIG_CHANGE === 0) {
      if (this.#draws.isBelow(0.5)) fate.weight = 1 + this.#draws.below(WEIGHT_MAX);
      else if (!fate.is_member || may_leave) fate.is_member = !fate.is_member;
      if (this.options.controllers_are === 'killed') this.#virtualizer.kill(this.#config());
      else this.#virtualizer.restart(this.#config());
      return `another controller, ${name} with weight ${fate.is_member ? fate.weight : 0}`;
    }
    if (!fate.is_alive) {
      fate.is_alive = true;
      fate.incarnation += 1;
      return `${name} returns`;
    }
    if (fate.is_drained) {
      fate.is_drained = false;
      this.#virtualizer.virtualizer.setDrain(name, undefined);
      return `${name} is restored`;
    }
    if (!may_leave) return undefined;
    if (this.#draws.isBelow(0.3)) {
      fate.is_alive = false;
      this.#counts.store_deaths += 1;
      return `${name} dies`;
    }
    fate.is_drained = true;
    this.#virtualizer.virtualizer.setDrain(name, { deadline_ms: undefined });
    return `${name} is drained`;
  }

  /** A store that is no member serves those that it has, until they end. */
  #config(): Config {
    const members = this.#fates.map(
      ({ weight, is_member }, store) => `{ store: ${storeName(store)}, weight: ${is_member ? weight : 0} }`,
    );
    return siteConfig(
      this.#fates.map(() => 1),
      `
    pools: [{ name: all, stores: [${members.join(', ')}] }]
    services:
      - { name: nfs-tcp, protocol: tcp, port: ${NFS_PORT}, program: nfs, mode: session, pool: all }
limits: { sessions_max: 131072, client_routes_max: ${CLIENTS} }`,
    );
  }
}
