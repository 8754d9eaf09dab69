/** Which service a packet is for, and how that is served. */
import { exactly, ipv4, uint } from './field';
import { Table } from './table';

const service_id = uint(16);
const pool_id = uint(16);

export const virtualService = new Table(
  'virtual_service',
  { dst_addr: exactly(ipv4), protocol: exactly(uint(8)), dst_port: exactly(uint(16)) },
  { request: { service_id, pool_id }, session: { service_id, pool_id }, slow: { service_id } },
);
