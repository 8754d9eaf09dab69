/** The entries that follow from the state of the stores. */
import { draw } from '../dataplane/draw';
import { sender } from '../dataplane/sender';
import { slot } from '../dataplane/slot';
import { DRAWS_PER_POOL, SLOTS_PER_POOL } from '../dataplane/sizes';
import { store } from '../dataplane/store';
import { storeDown } from '../dataplane/store_down';
import type { Row } from '../dataplane/table';
import { drawsOf, type Offer } from './draws';
import { NO_ID } from './ids';
import type { Member } from './maglev';
import type { Network } from './network';
import { isDrawn } from './pool_rows';
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
            { name: 'store.forward', params: { mac: place.mac, port: place.port.number } },
          ),
        ],
  );
}

/** Whose responses are whose. Stores that share a MAC address cannot be told apart by it, so none of them is. */
export function senderRows(stores: readonly StoreFacts[]): Row[] {
  const by_mac = new Map<string, number[]>();
  for (const { id, place } of stores)
    if (place !== undefined) by_mac.set(place.mac, [...(by_mac.get(place.mac) ?? []), id]);
  return [...by_mac].flatMap(([src_mac, [id, another]]) =>
    id === undefined || another !== undefined
      ? []
      : [sender.row({ src_mac }, { name: 'set_sender', params: { store_id: id } })],
  );
}

/**
 * Whoever does not serve, for whatever reason; but one that drains still answers retransmissions and has its sessions, until its
 * deadline if it has one. Those that `kept`
 * names hold slots because nobody else serves: sending their requests elsewhere would help nobody, and would move
 * them for nothing if it was only the way to the stores that failed. `removed`: ids of stores that are in no pool any
 * more, so that what the switch remembers of them gives way.
 */
export function storeDownRows(
  stores: readonly StoreFacts[],
  kept: ReadonlySet<string>,
  removed: Iterable<number> = [],
): Row[] {
  const down = stores.filter(
    ({ state, config }) => state !== 'up' && state !== 'draining' && !kept.has(config.name),
  );
  return [...down.map(({ id }) => id), ...removed].map((store_id) =>
    storeDown.row({ store_id }, { name: 'reselect', params: {} }),
  );
}

export interface PoolAssignment {
  virtual_store: string;
  pool: string;
  slots: readonly Slot[];
}

interface Pool {
  id: number;
  slots: PoolSlots;
  is_drawn: boolean;
  /** Those its slots were shared among last; undefined before anybody served. */
  serving: readonly string[] | undefined;
  is_served: boolean;
  /** `rows` are not yet those of `serving`. */
  is_stale: boolean;
  /** Of its slots, and of its draws where its policy draws. */
  rows: Row[];
  last: PoolAssignment;
}

/**
 * All pools. Remembers each pool's last assignment, since most changes touch few pools. Who serves in which is known at
 * once; what that means for slots and draws takes time, and is worked out one pool after the other.
 */
export class PoolAssignments {
  readonly #pools: Pool[];

  constructor(private readonly network: Network) {
    this.#pools = network.config.virtual_stores.flatMap((virtualStore) =>
      virtualStore.pools.map((pool) => ({
        id: network.poolId(virtualStore.name, pool.name),
        slots: new PoolSlots(
          pool.stores.map(({ store: name, weight }) => ({ name, weight })),
          SLOTS_PER_POOL,
        ),
        is_drawn: isDrawn(pool),
        serving: undefined,
        is_served: false,
        is_stale: true,
        rows: [],
        last: { virtual_store: virtualStore.name, pool: pool.name, slots: [] },
      })),
    );
  }

  get all(): readonly PoolAssignment[] {
    return this.#pools.map(({ last }) => last);
  }

  /**
   * Stores that keep their slots although they do not serve, because nobody in any of their pools does. Where somebody
   * does, what they have goes there; the pools that nobody serves then drop it, which is all they could do.
   */
  get kept(): ReadonlySet<string> {
    const kept = new Set(this.#pools.flatMap(({ is_served, serving }) => (is_served ? [] : (serving ?? []))));
    for (const { is_served, slots } of this.#pools)
      if (is_served) for (const { name } of slots.members) kept.delete(name);
    return kept;
  }

  /**
   * Says who serves. Stores that drain get something only where nobody else does: a slow store is better than none. A
   * pool that nobody serves keeps the slots it has, or, if it has none yet, is shared among all.
   */
  update(stores: readonly StoreFacts[]): void {
    const in_state = (state: StoreView['state']) =>
      new Set(stores.filter((one) => one.state === state).map(({ config }) => config.name));
    const up = in_state('up');
    const draining = in_state('draining');
    for (const pool of this.#pools) {
      const among = (names: ReadonlySet<string>) =>
        pool.slots.members.map(({ name }) => name).filter((name) => names.has(name));
      const serving = [among(up), among(draining)].find(({ length }) => length > 0);
      pool.is_served = serving !== undefined;
      if (serving === undefined || serving.join(' ') === pool.serving?.join(' ')) continue;
      pool.serving = serving;
      pool.is_stale = true;
    }
  }

  /** All entries of the next pool whose entries have changed; undefined if there is none. */
  refresh(): readonly Row[] | undefined {
    const pool = this.#pools.find(({ is_stale }) => is_stale);
    if (pool === undefined) return undefined;
    this.#share(pool);
    return pool.rows;
  }

  /** All entries of all pools. */
  rows(): Row[] {
    while (this.refresh() !== undefined);
    return this.#pools.flatMap(({ rows }) => rows);
  }

  #share(pool: Pool): void {
    const names = pool.serving === undefined ? undefined : new Set(pool.serving);
    const serves = (name: string) => names?.has(name) ?? true;
    pool.is_stale = false;
    pool.last = { ...pool.last, slots: pool.slots.assign(serves) };
    const members = pool.slots.members.filter(({ name }) => serves(name));
    pool.rows = [
      ...this.#slotRows(pool.id, pool.last.slots),
      ...(pool.is_drawn ? this.#drawRows(pool.id, members) : []),
    ];
  }

  #drawRows(pool_id: number, members: readonly Member[]): Row[] {
    const id = ({ name }: Offer) => this.network.storeId(name);
    return drawsOf(members, DRAWS_PER_POOL).map(([first, second, third, fourth], position) =>
      draw.row(
        { pool_id, position },
        {
          name: 'offer',
          params: {
            store_1: id(first),
            cost_1: first.cost,
            store_2: id(second),
            cost_2: second.cost,
            store_3: id(third),
            cost_3: third.cost,
            store_4: id(fourth),
            cost_4: fourth.cost,
          },
        },
      ),
    );
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

/** All entries of the tables that follow from the state of the stores, by table. */
export function storeTables(
  stores: readonly StoreFacts[],
  assignments: PoolAssignments,
  removed: Iterable<number> = [],
): Map<string, readonly Row[]> {
  assignments.update(stores);
  const assigned = assignments.rows();
  const of = (table: string) => assigned.filter((row) => row.table === table);
  return new Map([
    ['store', storeRows(stores)],
    ['sender', senderRows(stores)],
    ['store_down', storeDownRows(stores, assignments.kept, removed)],
    ['slot', of('slot')],
    ['draw', of('draw')],
  ]);
}
