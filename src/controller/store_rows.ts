/** The entries that follow from the state of the stores. */
import { slot } from '../dataplane/slot';
import { SLOTS_PER_POOL } from '../dataplane/sizes';
import { store } from '../dataplane/store';
import { storeDown } from '../dataplane/store_down';
import type { Row } from '../dataplane/table';
import { NO_ID } from './ids';
import type { Network } from './network';
import { PoolSlots, type Slot } from './slots';
import type { StoreView } from './store_states';

export type StoreFacts = Pick<StoreView, 'id' | 'state' | 'place'> & { config: { name: string } };

/** A store that was ever found stays reachable, so that a retransmission of what it answered can go there. */
export function storeRows(stores: readonly StoreFacts[]): Row[] {
  return stores.flatMap(({ id, place }) =>
    place === undefined
      ? []
      : [
          store.row(
            { store_id: id },
            { name: 'select_store.forward', params: { mac: place.mac, port: place.port.number } },
          ),
        ],
  );
}

/** Whoever does not serve, for whatever reason; but one that drains still answers retransmissions. */
export function storeDownRows(stores: readonly StoreFacts[]): Row[] {
  return stores
    .filter(({ state }) => state !== 'up' && state !== 'draining')
    .map(({ id }) => storeDown.row({ store_id: id }, { name: 'reselect', params: {} }));
}

export interface PoolAssignment {
  virtual_store: string;
  pool: string;
  slots: readonly Slot[];
}

/** All pools. Remembers each pool's last assignment, since most changes touch few pools. */
export class PoolAssignments {
  readonly #pools: {
    id: number;
    slots: PoolSlots;
    serving: string | undefined;
    rows: Row[];
    last: PoolAssignment;
  }[];

  constructor(private readonly network: Network) {
    this.#pools = network.config.virtual_stores.flatMap((virtualStore) =>
      virtualStore.pools.map((pool) => ({
        id: network.poolId(virtualStore.name, pool.name),
        slots: new PoolSlots(
          pool.stores.map(({ store: name, weight }) => ({ name, weight })),
          SLOTS_PER_POOL,
        ),
        serving: undefined,
        rows: [],
        last: { virtual_store: virtualStore.name, pool: pool.name, slots: [] },
      })),
    );
  }

  get all(): readonly PoolAssignment[] {
    return this.#pools.map(({ last }) => last);
  }

  /** Stores that drain get something only where nobody else serves: a slow store is better than none. */
  rows(stores: readonly StoreFacts[]): Row[] {
    const in_state = (state: StoreView['state']) =>
      new Set(stores.filter((one) => one.state === state).map(({ config }) => config.name));
    const up = in_state('up');
    const draining = in_state('draining');
    return this.#pools.flatMap((pool) => {
      const is_served = pool.slots.members.some(({ name }) => up.has(name));
      const serving = is_served ? up : draining;
      const names = pool.slots.members.filter(({ name }) => serving.has(name)).map(({ name }) => name);
      const key = names.join(' ');
      if (pool.serving !== key) {
        pool.serving = key;
        pool.last = { ...pool.last, slots: pool.slots.assign((name) => serving.has(name)) };
        pool.rows = this.#slotRows(pool.id, pool.last.slots);
      }
      return pool.rows;
    });
  }

  #slotRows(pool_id: number, slots: readonly Slot[]): Row[] {
    return slots.map(({ owner, standby }, index) =>
      slot.row(
        { pool_id, slot: index },
        {
          name: 'choose',
          params: {
            store_id: this.network.storeId(owner),
            standby_id: standby === undefined ? NO_ID : this.network.storeId(standby),
          },
        },
      ),
    );
  }
}
