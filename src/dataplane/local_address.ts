/** Addresses that are ours: a VIP offers its services only, the others are the host's. */
import { exactly, ipv4, uint } from './field';
import { Table } from './table';

export const localAddress = new Table(
  'local_address',
  { dst_addr: exactly(ipv4), is_follower: exactly(uint(1)) },
  { virtual: {}, follow: {}, own: {} },
);
