/** The entries that say how a pool takes requests. */
import { pool as poolTable } from '../dataplane/pool';
import type { Row } from '../dataplane/table';
import type { Network } from './network';

export function poolRows(network: Network): Row[] {
  return network.config.virtual_stores.flatMap((virtualStore) =>
    virtualStore.pools.map((one) =>
      poolTable.row(
        { pool_id: network.poolId(virtualStore.name, one.name) },
        { name: 'set_policy', params: { policy: 'hash', is_jumbo: one.jumbo === undefined ? 0 : 1 } },
      ),
    ),
  );
}
