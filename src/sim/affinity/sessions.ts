/** Clients with TCP connections: whatever becomes of slots, each stays with the store that has taken it. */
import { TCP_FLAG } from '../../wire/tcp';
import { CLIENTS } from '../trace';
import type { AffinityEnvironment } from './environment';
import { Placements } from './placements';

interface Session {
  client: number;
  port: number;
  placements: Placements;
  /** Open once the client has the store's answer to its SYN. */
  state: 'opening' | 'open' | 'over';
  /** That are still to be sent. */
  segments: number;
}

const FIRST_PORT = 1024;
const SYN_TIMEOUT_US = 1_000_000;
const SYNS_MAX = 5;
const SEGMENTS_MAX = 60;
/** From one segment to the next, on average; far less than the switch remembers a connection. */
const SPACING_US = 500_000;

export interface SessionsOptions {
  virtualizers: number;
  sessions_per_s: number;
}

export class Sessions {
  #begun = 0;
  #until_us = 0;

  constructor(
    private readonly environment: AffinityEnvironment,
    private readonly options: SessionsOptions,
  ) {}

  start(until_us: number): void {
    this.#until_us = until_us;
    this.#arrive();
  }

  #arrive(): void {
    const { timeline, draws } = this.environment;
    if (timeline.now_us > this.#until_us) return;
    // A client has the same port again long after the switch has forgotten the connection before.
    const number = this.#begun++;
    const session: Session = {
      client: number % CLIENTS,
      port: FIRST_PORT + (Math.floor(number / CLIENTS) % (65_536 - FIRST_PORT)),
      placements: new Placements(),
      state: 'opening',
      segments: 1 + draws.below(SEGMENTS_MAX),
    };
    this.#connect(session, SYNS_MAX);
    timeline.later((1e6 / this.options.sessions_per_s) * draws.exponential(), () => this.#arrive());
  }

  #connect(session: Session, attempts: number): void {
    if (session.state !== 'opening' || attempts === 0) return;
    const virtualizer = this.#virtualizer();
    this.environment.network.travel(() => {
      const sent = this.#send(session, virtualizer, true);
      if (sent === undefined) return;
      this.environment.network.travel(() => this.#accept(session, sent.store, sent.view));
    });
    this.environment.timeline.later(SYN_TIMEOUT_US, () => this.#connect(session, attempts - 1));
  }

  /** A SYN has reached the store. One that is repeated may reach another: then that one has the connection. */
  #accept(session: Session, store: number, view: number): void {
    const incarnation = this.environment.fates.incarnation(store);
    if (incarnation === undefined || session.state !== 'opening') return;
    session.placements.take({ store, incarnation }, view);
    // Back by the switch.
    this.environment.network.travel(() =>
      this.environment.network.travel(() => {
        const { taken } = session.placements;
        const is_last = taken?.store === store && taken.incarnation === incarnation;
        if (session.state !== 'opening' || !is_last) return;
        session.state = 'open';
        this.environment.counts.sessions += 1;
        this.#next(session);
      }),
    );
  }

  #next(session: Session): void {
    if (session.state === 'over' || session.segments === 0) return;
    session.segments -= 1;
    this.environment.timeline.later(SPACING_US * this.environment.draws.exponential(), () => {
      const virtualizer = this.#virtualizer();
      this.environment.network.travel(() => this.#judge(session, virtualizer));
      this.#next(session);
    });
  }

  #judge(session: Session, virtualizer: number): void {
    const { counts } = this.environment;
    const { taken } = session.placements;
    if (session.state === 'over' || taken === undefined) return;
    if (this.environment.fates.incarnation(taken.store) !== taken.incarnation) {
      counts.sessions_of_dead_stores += 1;
      session.state = 'over';
      return;
    }
    if (this.#send(session, virtualizer, false) === undefined) return;
    counts.segments_judged += 1;
    const verdict = session.placements.judge(virtualizer);
    if (verdict === 'misplaced') counts.misplaced_segments += 1;
    if (verdict === 'misplaced_across_views') counts.misplaced_segments_across_views += 1;
    // Whoever gets a segment of a connection it does not know resets it.
    if (verdict !== 'right') session.state = 'over';
  }

  #send(
    { client, port, placements }: Session,
    virtualizer: number,
    is_first: boolean,
  ): { store: number; view: number } | undefined {
    const view = this.environment.virtualizers.view(virtualizer);
    const store = this.environment.virtualizers.toStore(
      virtualizer,
      this.environment.frames.segment(client, port, is_first ? TCP_FLAG.syn : TCP_FLAG.ack),
    );
    if (store === undefined) {
      this.environment.counts.dropped += 1;
      return undefined;
    }
    const incarnation = this.environment.fates.incarnation(store);
    return { store, view: placements.send(virtualizer, view, store, incarnation, is_first) };
  }

  #virtualizer(): number {
    return this.environment.draws.below(this.options.virtualizers);
  }
}
