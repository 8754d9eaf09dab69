/** Ports of a virtual store's services, and the clients' ports that its gateway asks them from. */
import { exactly, ipv4, leading, uint } from './field';
import { Table } from './table';

export const gatewayReply = new Table(
  'gateway_reply',
  { src_addr: exactly(ipv4), src_port: exactly(uint(16)), dst_port: leading(16) },
  { claim: {} },
);
