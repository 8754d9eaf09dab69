/** The pool that can serve an export or a procedure, where it is not the service's. */
import { exactly, masked, uint } from './field';
import { Table } from './table';

export const capability = new Table(
  'capability',
  { service_id: exactly(uint(16)), export_id: masked(uint(16)), procedure_id: masked(uint(16)) },
  { set_pool: { pool_id: uint(16) } },
);
