/** Clients whose whereabouts the controller knows; others are reported by digest. Its entries age. */
import { exactly, ipv4, mac, uint } from './field';
import { Table } from './table';

export const clientKnown = new Table(
  'client_known',
  { ingress_port: exactly(uint(9)), src_mac: exactly(mac), src_addr: exactly(ipv4) },
  { known: {} },
);
