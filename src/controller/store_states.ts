/** What becomes of each store: health, address resolution and the operator's wish, in one state. */
import type { StoreConfig } from '../config/config';
import type { Clock } from './clock';
import type { Health } from './health';
import type { Neighbour, Neighbours } from './neighbours';
import type { Network } from './network';
import type { StoreState } from './status';

export interface StoreView {
  config: StoreConfig;
  id: number;
  state: StoreState;
  reason: string | undefined;
  since_ms: number;
  place: Neighbour | undefined;
}

/** What the operator wants of a store that is to be given nothing new. */
export interface Drain {
  /** When the sessions that are left are reset, by the controller's clock; undefined: they stay. */
  deadline_ms: number | undefined;
}

type Judgement = Pick<StoreView, 'state' | 'reason'>;

export class StoreStates {
  readonly #views: ReadonlyMap<string, StoreView>;
  readonly #view_by_id: ReadonlyMap<number, StoreView>;
  readonly #drains = new Map<string, Drain>();

  constructor(
    private readonly network: Network,
    private readonly neighbours: Neighbours,
    private readonly health: Health,
    private readonly clock: Clock,
    /** Of every change of state, and of the reason for it. */
    private readonly onChange: (view: Readonly<StoreView>, before: StoreState) => void,
  ) {
    const since_ms = clock.now_ms();
    this.#views = new Map(
      network.config.stores.map((config) => {
        const view: StoreView = {
          config,
          id: network.storeId(config.name),
          since_ms,
          place: undefined,
          state: 'unresolved',
          reason: undefined,
        };
        return [config.name, view];
      }),
    );
    this.#view_by_id = new Map([...this.#views.values()].map((view) => [view.id, view]));
  }

  /** By name. */
  get drains(): ReadonlyMap<string, Readonly<Drain>> {
    return this.#drains;
  }

  all(): Readonly<StoreView>[] {
    return [...this.#views.values()];
  }

  find(name: string): Readonly<StoreView> | undefined {
    return this.#views.get(name);
  }

  findById(id: number): Readonly<StoreView> | undefined {
    return this.#view_by_id.get(id);
  }

  /** Undefined ends it. */
  setDrain(name: string, drain: Drain | undefined): void {
    if (drain === undefined) this.#drains.delete(name);
    else this.#drains.set(name, drain);
    this.update(name);
  }

  /** Looks again at what the state follows from. */
  update(name: string): void {
    const view = this.#views.get(name);
    if (view === undefined) return;
    const { state: before, reason: reason_before } = view;
    view.place = this.neighbours.find(view.config.address);
    Object.assign(view, this.#judge(view));
    const is_explained_anew = reason_before !== undefined && view.reason !== reason_before;
    if (view.state !== before) view.since_ms = this.clock.now_ms();
    if (view.state !== before || is_explained_anew) this.onChange(view, before);
  }

  #judge({ config, place }: StoreView): Judgement {
    const { name, address } = config;
    const ports = this.network.storePorts(config).map((port) => `${port.name} (${port.number})`);
    if (place === undefined) {
      const asked = this.neighbours.isSilent(address) ? 'no answer to ARP' : 'waiting for an answer to ARP';
      return { state: 'unresolved', reason: `${asked} for ${address} on port ${ports.join(', ')}` };
    }
    const checks = this.health.checks(name);
    const verdict = this.health.verdict(name);
    if (verdict === 'bad') {
      const bad = checks.filter((check) => check.verdict === 'bad');
      const why = bad.map((check) => `${check.target.services.join(', ')}: ${check.last_failure}`);
      return { state: 'down', reason: why.join('; ') };
    }
    if (checks.length === 0 && this.neighbours.isSilent(address)) {
      return { state: 'down', reason: `no longer answers ARP for ${address}` };
    }
    if (verdict === 'unknown') return { state: 'unknown', reason: 'not enough health checks answered yet' };
    const drain = this.#drains.get(name);
    if (drain === undefined) return { state: 'up', reason: undefined };
    return drain.deadline_ms === undefined || drain.deadline_ms > this.clock.now_ms()
      ? { state: 'draining', reason: 'drained by the operator' }
      : { state: 'drained', reason: 'drained by the operator, past the deadline' };
  }
}
