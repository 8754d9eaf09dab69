/** Clients that call over UDP, repeat what is not answered, and sometimes what is. */
import { PROCEDURES } from '../../dataplane/procedures';
import { NFS3_PROCEDURE, type Nfs3ProcedureName } from '../../wire/nfs3';
import { RPC_PROGRAM } from '../../wire/rpc';
import { Weighted } from '../random';
import { CLIENTS } from '../trace';
import type { AffinityEnvironment } from './environment';
import { Placements } from './placements';
import { EXPORTS } from './virtualizers';

const MIX: readonly [Nfs3ProcedureName, number][] = [
  ['GETATTR', 30],
  ['READ', 20],
  ['WRITE', 20],
  ['COMMIT', 5],
  ['SETATTR', 5],
  ['CREATE', 10],
  ['REMOVE', 10],
];
/** Of each export. */
const OBJECTS = 2048;
/** The first octet of a handle is the highest of the object's number. */
const EXPORT_SHIFT = 24;
const SERVICE_US = 500;
const TIMEOUT_US = 100_000;
const TIMEOUT_MAX_US = 1_600_000;
const TRANSMISSIONS_MAX = 14;
/** Answered requests that are sent once more, within so long. */
const LATE_SHARE = 0.05;
const LATE_US = 3_000_000;

interface Request {
  xid: number;
  client: number;
  procedure: number;
  object: number;
  transmissions: number;
  is_answered: boolean;
  placements: Placements;
}

const MAY_REPEAT = new Set(
  PROCEDURES.filter(({ program, placement }) => program === RPC_PROGRAM.nfs && placement === 'any').map(
    ({ procedure }) => procedure,
  ),
);

export interface RequestsOptions {
  virtualizers: number;
  requests_per_s: number;
}

export class Requests {
  #until_us = 0;
  readonly #shares = new Weighted(MIX.map(([, share]) => share));

  constructor(
    private readonly environment: AffinityEnvironment,
    private readonly options: RequestsOptions,
  ) {}

  start(until_us: number): void {
    this.#until_us = until_us;
    this.#arrive();
  }

  #arrive(): void {
    const { timeline, draws, counts } = this.environment;
    if (timeline.now_us > this.#until_us) return;
    const [name] = MIX[this.#shares.draw(draws)] as [Nfs3ProcedureName, number];
    const request: Request = {
      xid: counts.requests,
      client: draws.below(CLIENTS),
      procedure: NFS3_PROCEDURE[name],
      object: (draws.below(EXPORTS.length) << EXPORT_SHIFT) + draws.below(OBJECTS),
      transmissions: 0,
      is_answered: false,
      placements: new Placements(),
    };
    counts.requests += 1;
    if (!MAY_REPEAT.has(request.procedure)) counts.changes += 1;
    this.#transmitUntilAnswered(request, TIMEOUT_US);
    timeline.later((1e6 / this.options.requests_per_s) * draws.exponential(), () => this.#arrive());
  }

  #transmitUntilAnswered(request: Request, timeout_us: number): void {
    if (request.is_answered) return;
    if (request.transmissions >= TRANSMISSIONS_MAX) {
      this.environment.counts.unanswered += 1;
      return;
    }
    this.#transmit(request);
    this.environment.timeline.later(timeout_us, () =>
      this.#transmitUntilAnswered(request, Math.min(TIMEOUT_MAX_US, 2 * timeout_us)),
    );
  }

  #transmit(request: Request): void {
    if (request.transmissions > 0) this.environment.counts.retransmissions += 1;
    request.transmissions += 1;
    const virtualizer = this.environment.draws.below(this.options.virtualizers);
    this.environment.network.travel(() => this.#place(request, virtualizer));
  }

  #place(request: Request, virtualizer: number): void {
    const { client, procedure, object, xid, placements } = request;
    const view = this.environment.virtualizers.view(virtualizer);
    const store = this.environment.virtualizers.toStore(
      virtualizer,
      this.environment.frames.call(client, procedure, object, xid),
    );
    if (store === undefined) {
      this.environment.counts.dropped += 1;
      return;
    }
    const decided = placements.send(virtualizer, view, store, this.environment.fates.incarnation(store));
    if (!MAY_REPEAT.has(procedure) && this.#isTaken(request)) this.#judge(request, virtualizer);
    this.environment.network.travel(() => this.#serve(request, virtualizer, store, decided));
  }

  #judge({ placements }: Request, virtualizer: number): void {
    this.environment.counts.retransmissions_judged += 1;
    const verdict = placements.judge(virtualizer);
    if (verdict === 'misplaced') this.environment.counts.misplaced_non_idempotent += 1;
    if (verdict === 'misplaced_across_views') this.environment.counts.misplaced_across_views += 1;
  }

  /** By a store that lives. */
  #isTaken({ placements: { taken } }: Request): boolean {
    return taken !== undefined && this.environment.fates.incarnation(taken.store) === taken.incarnation;
  }

  #serve(request: Request, virtualizer: number, store: number, view: number): void {
    const incarnation = this.environment.fates.incarnation(store);
    if (incarnation === undefined) return;
    if (!this.#isTaken(request)) {
      const is_repeated = request.placements.taken !== undefined && !MAY_REPEAT.has(request.procedure);
      if (is_repeated) this.environment.counts.repeated_after_death += 1;
      request.placements.take({ store, incarnation }, view);
    }
    this.environment.timeline.later(SERVICE_US * this.environment.draws.exponential(), () => {
      if (this.environment.fates.incarnation(store) !== incarnation) return;
      this.environment.network.travel(() => this.#answer(request, virtualizer, store));
    });
  }

  #answer(request: Request, virtualizer: number, store: number): void {
    const { timeline, draws } = this.environment;
    const frame = this.environment.frames.reply(store, request.client, request.xid);
    if (this.environment.virtualizers.toClient(virtualizer, frame) !== request.client) {
      throw new Error(`virtualizer ${virtualizer} did not forward the answer to request ${request.xid}`);
    }
    this.environment.network.travel(() => {
      if (request.is_answered) return;
      request.is_answered = true;
      if (draws.isBelow(LATE_SHARE)) {
        timeline.later(LATE_US * draws.uniform(), () => this.#transmit(request));
      }
    });
  }
}
