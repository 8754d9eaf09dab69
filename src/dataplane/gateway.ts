/** Virtual stores that have a gateway, and where it is: responses to what it asked in clients' names go there. */
import { exactly, ipv4, mac, uint } from './field';
import { Table } from './table';

export const gateway = new Table(
  'gateway',
  { src_addr: exactly(ipv4) },
  { to_gateway: { gateway_port: uint(9), gateway_mac: mac } },
);
