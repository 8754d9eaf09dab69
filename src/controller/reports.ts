/** The virtualizer's state as plain values. */
import type { Network } from './network';
import type { CheckStatus, PortStatus, ServiceStatus, StoreStatus } from './status';
import type { StoreView } from './store_states';
import type { Virtualizer } from './virtualizer';

export function portStatuses(network: Network): PortStatus[] {
  return network.config.ports.map(({ name, number, role, mac, host_port }) => ({
    name,
    number,
    role,
    mac,
    ...(host_port !== undefined && { host_port }),
  }));
}

export function storeStatuses(network: Network, virtualizer: Virtualizer, now_ms: number): StoreStatus[] {
  return virtualizer.stores.all().map((view) => ({
    name: view.config.name,
    id: view.id,
    address: view.config.address,
    state: view.state,
    ...(view.reason !== undefined && { reason: view.reason }),
    since_ms: Math.round(now_ms - view.since_ms),
    ...(view.place !== undefined && { mac: view.place.mac, port: view.place.port.name }),
    sessions: virtualizer.sessions.count(view.id),
    ...deadlineOf(virtualizer, view.config.name, now_ms),
    held: virtualizer.health.is_held || virtualizer.path.is_in_doubt,
    checks: checkStatuses(virtualizer, view.config.name),
    pools: poolShares(network, virtualizer, view),
  }));
}

export function serviceStatuses(network: Network, virtualizer: Virtualizer): ServiceStatus[] {
  return network.config.virtual_stores.flatMap((virtualStore) =>
    virtualStore.services.map((service): ServiceStatus => {
      const pool = virtualStore.pools.find(({ name }) => name === service.pool);
      const slots = slotsOf(virtualizer, virtualStore.name, service.pool);
      const stores = (pool?.stores ?? []).map(({ store, weight }) => ({
        store,
        state: virtualizer.stores.find(store)?.state ?? ('unknown' as const),
        weight,
        slots: slots.owned(store),
      }));
      return {
        virtual_store: virtualStore.name,
        name: service.name,
        id: network.serviceId(virtualStore.name, service.name),
        address: virtualStore.address,
        protocol: service.protocol,
        port: service.port,
        mode: service.mode,
        pool: service.pool,
        state: stores.some(serves) ? 'available' : 'unavailable',
        stores,
      };
    }),
  );
}

function deadlineOf(virtualizer: Virtualizer, store: string, now_ms: number): { deadline_ms?: number } {
  const deadline_ms = virtualizer.stores.drains.get(store)?.deadline_ms;
  return deadline_ms === undefined ? {} : { deadline_ms: Math.max(0, Math.ceil(deadline_ms - now_ms)) };
}

function serves({ state, weight }: ServiceStatus['stores'][number]): boolean {
  return weight > 0 && (state === 'up' || state === 'draining');
}

function checkStatuses(virtualizer: Virtualizer, store: string): CheckStatus[] {
  return virtualizer.health
    .checks(store)
    .map(({ target, verdict, failures_in_a_row, rtt_ms, last_failure }) => ({
      virtual_store: target.virtual_store,
      services: target.services,
      verdict,
      failures_in_a_row,
      ...(rtt_ms !== undefined && { rtt_ms: Math.round(rtt_ms * 1000) / 1000 }),
      ...(last_failure !== undefined && { last_failure }),
    }));
}

function poolShares(network: Network, virtualizer: Virtualizer, view: StoreView): StoreStatus['pools'] {
  return network.config.virtual_stores.flatMap((virtualStore) =>
    virtualStore.pools.flatMap((pool) => {
      const member = pool.stores.find(({ store }) => store === view.config.name);
      if (member === undefined) return [];
      const slots = slotsOf(virtualizer, virtualStore.name, pool.name);
      return [
        {
          virtual_store: virtualStore.name,
          pool: pool.name,
          weight: member.weight,
          slots: slots.owned(view.config.name),
          slots_total: slots.total,
        },
      ];
    }),
  );
}

function slotsOf(virtualizer: Virtualizer, virtual_store: string, pool: string) {
  const assignment = virtualizer.assignments.all.find(
    (one) => one.virtual_store === virtual_store && one.pool === pool,
  );
  const slots = assignment?.slots ?? [];
  return {
    total: slots.length,
    owned: (store: string) => slots.filter(({ owner }) => owner === store).length,
  };
}
