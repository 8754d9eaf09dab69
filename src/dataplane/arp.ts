/** ARP requests that the data plane answers. */
import { exactly, ipv4, mac, uint } from './field';
import { Table } from './table';

export const arp = new Table(
  'arp',
  { ingress_port: exactly(uint(9)), target_addr: exactly(ipv4) },
  { reply: { mac } },
);
