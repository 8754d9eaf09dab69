/**
 * Do retransmissions of what must not run twice reach the store that has run it? Requests and answers get lost, clients
 * repeat them, also after the answer; meanwhile stores die, return, drain and get other weights. Every frame passes the
 * compiled program: that of one virtualizer, or each transmission that of any of several with the same stores.
 */
import { PROCEDURES } from '../dataplane/procedures';
import { NFS3_PROCEDURE, type Nfs3ProcedureName } from '../wire/nfs3';
import { RPC_PROGRAM } from '../wire/rpc';
import { Timeline } from './timeline';
import { Frames } from './frames';
import { Draws, Weighted } from './random';
import { SimulatedVirtualizer, type View } from './simulated_virtualizer';
import { CLIENT_PORT, STORE_PORT } from './site';
import { StoreFates } from './store_fates';
import { CLIENTS } from './trace';

export interface AffinityOptions {
  seed: number;
  virtualizers: number;
  stores: number;
  duration_s: number;
  requests_per_s: number;
  /** Of each of the four ways: client, switch, store and back. */
  loss: number;
}

export interface AffinityCounts {
  requests: number;
  /** Of them, those that must not run twice at different stores. */
  changes: number;
  retransmissions: number;
  /** Of changes that a store has run which is still alive. */
  retransmissions_judged: number;
  /** Of those judged: sent to another store, though this virtualizer sent it there before, or had the same view. */
  misplaced_non_idempotent: number;
  /** Of those judged: by a virtualizer that knows nothing of the request, with another view than the one that placed it. */
  misplaced_across_views: number;
  /** Ran elsewhere, since the store that ran it first has died. */
  repeated_after_death: number;
  store_events: number;
  unanswered: number;
}

const MIX: readonly [Nfs3ProcedureName, number][] = [
  ['GETATTR', 30],
  ['READ', 20],
  ['WRITE', 20],
  ['COMMIT', 5],
  ['SETATTR', 5],
  ['CREATE', 10],
  ['REMOVE', 10],
];
const OBJECTS = 4096;
const WAY_US = 20;
const SERVICE_US = 500;
const TIMEOUT_US = 100_000;
const TIMEOUT_MAX_US = 1_600_000;
const TRANSMISSIONS_MAX = 14;
/** Answered requests that are sent once more, within so long. */
const LATE_SHARE = 0.05;
const LATE_US = 3_000_000;

interface Run {
  store: number;
  incarnation: number;
  /** Where it was placed: undefined while entries were being written. */
  view_number: number | undefined;
}

interface Request {
  xid: number;
  client: number;
  procedure: number;
  object: number;
  transmissions: number;
  is_answered: boolean;
  /** The store that ran it, or the last of those that did where earlier ones have died. */
  run: Run | undefined;
  /** By virtualizer: what it knew when this request first came, and the stores it sent it to. */
  known: Map<number, { view_number: number | undefined; stores: Set<number> }>;
}

const MAY_REPEAT = new Set(
  PROCEDURES.filter(({ program, placement }) => program === RPC_PROGRAM.nfs && placement === 'any').map(
    ({ procedure }) => procedure,
  ),
);

export function runAffinity(options: AffinityOptions): AffinityCounts {
  const simulation = new Affinity(options);
  return simulation.run();
}

class Affinity {
  readonly #draws: Draws;
  readonly #timeline = new Timeline();
  readonly #frames = new Frames();
  readonly #fates: StoreFates;
  readonly #virtualizers: SimulatedVirtualizer[];
  readonly #shares = new Weighted(MIX.map(([, share]) => share));
  readonly #counts: AffinityCounts = {
    requests: 0,
    changes: 0,
    retransmissions: 0,
    retransmissions_judged: 0,
    misplaced_non_idempotent: 0,
    misplaced_across_views: 0,
    repeated_after_death: 0,
    store_events: 0,
    unanswered: 0,
  };

  constructor(private readonly options: AffinityOptions) {
    this.#draws = new Draws(options.seed);
    const adopt = (index: number, view: View) => this.#virtualizers[index]?.adopt(view);
    this.#fates = new StoreFates(this.#timeline, new Draws(options.seed + 1), options, adopt);
    const { view } = this.#fates;
    this.#virtualizers = Array.from(
      { length: options.virtualizers },
      (_, index) => new SimulatedVirtualizer(this.#timeline, 'least-of-2', view, options.seed + index),
    );
  }

  run(): AffinityCounts {
    this.#arrive();
    this.#fates.start();
    while (this.#timeline.step());
    this.#counts.store_events = this.#fates.events;
    return this.#counts;
  }

  #arrive(): void {
    if (this.#timeline.now_us > this.options.duration_s * 1e6) return;
    const [name] = MIX[this.#shares.draw(this.#draws)] as [Nfs3ProcedureName, number];
    const request: Request = {
      xid: this.#counts.requests,
      client: this.#draws.below(CLIENTS),
      procedure: NFS3_PROCEDURE[name],
      object: this.#draws.below(OBJECTS),
      transmissions: 0,
      is_answered: false,
      run: undefined,
      known: new Map(),
    };
    this.#counts.requests += 1;
    if (!MAY_REPEAT.has(request.procedure)) this.#counts.changes += 1;
    this.#transmitUntilAnswered(request, TIMEOUT_US);
    this.#timeline.later((1e6 / this.options.requests_per_s) * this.#draws.exponential(), () =>
      this.#arrive(),
    );
  }

  #transmitUntilAnswered(request: Request, timeout_us: number): void {
    if (request.is_answered) return;
    if (request.transmissions >= TRANSMISSIONS_MAX) {
      this.#counts.unanswered += 1;
      return;
    }
    this.#transmit(request);
    this.#timeline.later(timeout_us, () =>
      this.#transmitUntilAnswered(request, Math.min(TIMEOUT_MAX_US, 2 * timeout_us)),
    );
  }

  #transmit(request: Request): void {
    if (request.transmissions > 0) this.#counts.retransmissions += 1;
    request.transmissions += 1;
    const index = this.#draws.below(this.options.virtualizers);
    this.#travel(() => this.#place(request, index));
  }

  /** One way, if it is not lost. */
  #travel(arrive: () => void): void {
    if (!this.#draws.isBelow(this.options.loss)) this.#timeline.later(WAY_US, arrive);
  }

  #place(request: Request, index: number): void {
    const { client, procedure, object, xid } = request;
    const virtualizer = this.#virtualizers[index] as SimulatedVirtualizer;
    const { view_number } = virtualizer;
    const frame = this.#frames.call(client, procedure, object, xid);
    const store = virtualizer.forward(CLIENT_PORT, frame, STORE_PORT);
    if (store === undefined) throw new Error(`virtualizer ${index} dropped request ${xid}`);
    const known = request.known.get(index) ?? { view_number, stores: new Set() };
    request.known.set(index, known);
    this.#judge(request, store, known);
    known.stores.add(store);
    this.#travel(() => this.#serve(request, index, { store, incarnation: NaN, view_number }));
  }

  #judge(
    request: Request,
    store: number,
    known: { view_number: number | undefined; stores: Set<number> },
  ): void {
    const { run } = request;
    if (run === undefined || MAY_REPEAT.has(request.procedure) || !this.#lives(run)) return;
    this.#counts.retransmissions_judged += 1;
    if (store === run.store) return;
    const had_same_view = known.view_number !== undefined && known.view_number === run.view_number;
    if (known.stores.has(run.store) || had_same_view) this.#counts.misplaced_non_idempotent += 1;
    else this.#counts.misplaced_across_views += 1;
  }

  #lives({ store, incarnation }: Run): boolean {
    return this.#fates.incarnation(store) === incarnation;
  }

  #serve(request: Request, index: number, run: Run): void {
    const incarnation = this.#fates.incarnation(run.store);
    if (incarnation === undefined) return;
    if (request.run === undefined || !this.#lives(request.run)) {
      if (request.run !== undefined && !MAY_REPEAT.has(request.procedure)) {
        this.#counts.repeated_after_death += 1;
      }
      request.run = { ...run, incarnation };
    }
    this.#timeline.later(SERVICE_US * this.#draws.exponential(), () => {
      if (this.#fates.incarnation(run.store) !== incarnation) return;
      this.#travel(() => this.#answer(request, index, run.store));
    });
  }

  #answer(request: Request, index: number, store: number): void {
    const frame = this.#frames.reply(store, request.client, request.xid);
    const virtualizer = this.#virtualizers[index] as SimulatedVirtualizer;
    if (virtualizer.forward(STORE_PORT, frame, CLIENT_PORT) !== request.client) {
      throw new Error(`virtualizer ${index} did not forward the answer to request ${request.xid}`);
    }
    this.#travel(() => {
      if (request.is_answered) return;
      request.is_answered = true;
      if (this.#draws.isBelow(LATE_SHARE)) {
        this.#timeline.later(LATE_US * this.#draws.uniform(), () => this.#transmit(request));
      }
    });
  }
}
