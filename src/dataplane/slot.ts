/** Who owns each slot of a pool, and who takes over if the owner is down; 0: nobody. */
import { exactly, uint } from './field';
import { Table } from './table';

export const slot = new Table(
  'slot',
  { pool_id: exactly(uint(16)), slot: exactly(uint(16)) },
  { choose: { store_id: uint(16), standby_id: uint(16) } },
);
