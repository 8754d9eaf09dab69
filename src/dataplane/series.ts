/** Which response times are added up together. */
import { exactly, uint } from './field';
import { Table } from './table';

export const series = new Table(
  'series',
  { service_id: exactly(uint(16)), procedure_id: exactly(uint(16)), store_id: exactly(uint(16)) },
  { set_series: { number: uint(16) } },
);
