/** Stores whose weight is so small beside the others' that nothing of it is left in the slots of their pool. */
import { SLOTS_PER_POOL } from '../dataplane/sizes';
import { maglev } from './maglev';
import type { Network } from './network';

const NAMED_MAX = 8;

/** One sentence for each pool with such stores. */
export function shareWarnings({ config }: Network): string[] {
  return config.virtual_stores.flatMap(({ name: virtual_store, pools }) =>
    pools.flatMap(({ name: pool, stores }) => {
      const owners = new Set(
        maglev(
          stores.map(({ store: name, weight }) => ({ name, weight })),
          SLOTS_PER_POOL,
        ),
      );
      const without = stores.filter(({ store, weight }) => weight > 0 && !owners.has(store));
      if (without.length === 0) return [];
      const total = stores.reduce((sum, { weight }) => sum + weight, 0);
      const named = without.slice(0, NAMED_MAX).map(({ store, weight }) => `${store} (weight ${weight})`);
      const more = without.length > NAMED_MAX ? ` and ${without.length - NAMED_MAX} more` : '';
      return [
        `pool ${virtual_store}/${pool}: ${named.join(', ')}${more} of ${total} in all: ` +
          `too little for one of ${SLOTS_PER_POOL} slots, so that nothing is placed there while the others serve`,
      ];
    }),
  );
}
