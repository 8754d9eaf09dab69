/** Which service a packet is for, and how that is served; by the role of the port it came in by. */
import { ROLE } from './constants';
import { exactly, ipv4, nameIn, uint } from './field';
import { Table } from './table';

const service_id = uint(16);
const pool_id = uint(16);

export const virtualService = new Table(
  'virtual_service',
  {
    role: exactly(nameIn(ROLE, 8)),
    dst_addr: exactly(ipv4),
    protocol: exactly(uint(8)),
    dst_port: exactly(uint(16)),
  },
  {
    request: { service_id, pool_id, sample_below: uint(32) },
    session: { service_id, pool_id },
    terminate: { service_id },
    slow: { service_id },
  },
);
