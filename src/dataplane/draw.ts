/**
 * Stores drawn for a request that may go anywhere, by position: one after the other, the first ones are the pool's
 * rotation. A cost is what one outstanding request there weighs.
 */
import { exactly, uint } from './field';
import { Table } from './table';

const store_id = uint(16);
const cost = uint(16);

export const draw = new Table(
  'draw',
  { pool_id: exactly(uint(16)), position: exactly(uint(16)) },
  {
    offer: {
      store_1: store_id,
      cost_1: cost,
      store_2: store_id,
      cost_2: cost,
      store_3: store_id,
      cost_3: cost,
      store_4: store_id,
      cost_4: cost,
    },
  },
);
