/** The entries that say which pool serves a request, and how the pool shares requests out. */
import type { PoolConfig, ServiceConfig, VirtualStoreConfig } from '../config/config';
import { isByLoad } from '../config/pools';
import { capability } from '../dataplane/capability';
import type { Policy } from '../dataplane/constants';
import { exportTable } from '../dataplane/export';
import { pool as poolTable } from '../dataplane/pool';
import { ruleProcedures } from '../dataplane/procedures';
import type { Row } from '../dataplane/table';
import type { Network } from './network';

const POLICY_OF: Readonly<Record<PoolConfig['policy'], Policy>> = {
  hash: 'hash',
  'round-robin': 'round_robin',
  random: 'random',
  'by-object': 'by_object',
  'by-client': 'by_client',
  'least-of-2': 'least_of_2',
  'least-of-4': 'least_of_4',
};

/** Whether the pool's policy draws stores: see `draws.ts`. */
export function isDrawn({ policy }: PoolConfig): boolean {
  return ['round-robin', 'random', 'least-of-2', 'least-of-4'].includes(policy);
}

export function poolRows(network: Network): Row[] {
  // A store's requests count whichever pool they come by.
  const pools = network.config.virtual_stores.flatMap((virtualStore) => virtualStore.pools);
  const compared = new Set(pools.filter(isByLoad).flatMap(({ stores }) => stores.map(({ store }) => store)));
  return network.config.virtual_stores.flatMap((virtualStore) => [
    ...virtualStore.pools.map((one) =>
      poolTable.row(
        { pool_id: network.poolId(virtualStore.name, one.name) },
        {
          name: 'set_policy',
          params: {
            policy: POLICY_OF[one.policy],
            is_counted: one.stores.some(({ store }) => compared.has(store)) ? 1 : 0,
            is_jumbo: one.jumbo === undefined ? 0 : 1,
          },
        },
      ),
    ),
    ...virtualStore.services
      .filter(({ rules }) => rules.length > 0)
      .flatMap((service) => [
        ...exportRows(network, virtualStore, service),
        ...capabilityRows(network, virtualStore, service),
      ]),
  ]);
}

/** Handles of two exports never match alike, so that the priority decides nothing. */
function exportRows(network: Network, virtualStore: VirtualStoreConfig, service: ServiceConfig): Row[] {
  const service_id = network.serviceId(virtualStore.name, service.name);
  return virtualStore.exports.map(({ name, handle }) =>
    exportTable.row(
      { service_id, handle_prefix: handle },
      { name: 'set_export', params: { export_id: network.exportId(virtualStore.name, name) } },
      { priority: 1 },
    ),
  );
}

/** The earlier a rule, the higher it stands. */
function capabilityRows(network: Network, virtualStore: VirtualStoreConfig, service: ServiceConfig): Row[] {
  const service_id = network.serviceId(virtualStore.name, service.name);
  return service.rules.flatMap((rule, index) => {
    const pool_id = network.poolId(virtualStore.name, rule.pool);
    const export_id =
      rule.export === undefined ? {} : { export_id: network.exportId(virtualStore.name, rule.export) };
    return ruleProcedures(service.program ?? 0, rule.procedures).map((procedure_id) =>
      capability.row(
        { service_id, ...export_id, ...(procedure_id !== undefined && { procedure_id }) },
        { name: 'set_pool', params: { pool_id } },
        { priority: service.rules.length - index },
      ),
    );
  });
}
