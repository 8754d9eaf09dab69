/** TCP connections that stay at their stores whatever becomes of their slots. The source is the client. */
import { exactly, ipv4, uint } from './field';
import { Table } from './table';

export const sessionPin = new Table(
  'session_pin',
  {
    src_addr: exactly(ipv4),
    src_port: exactly(uint(16)),
    dst_addr: exactly(ipv4),
    dst_port: exactly(uint(16)),
  },
  { pin: { store_id: uint(16) } },
);
