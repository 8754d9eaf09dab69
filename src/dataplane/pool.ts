/**
 * How a pool shares out what may go anywhere, whether its requests are counted until they are answered, and whether its stores
 * take one in one large frame.
 */
import { POLICY } from './constants';
import { exactly, nameIn, uint } from './field';
import { Table } from './table';

export const pool = new Table(
  'pool',
  { pool_id: exactly(uint(16)) },
  { set_policy: { policy: nameIn(POLICY, 8), is_counted: uint(1), is_jumbo: uint(1) } },
);
