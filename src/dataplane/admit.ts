/** What may enter at all; what no row admits is dropped. For ARP the addresses are the sender's and the target's. */
import { DROP, ROLE } from './constants';
import { ipv4, mac, masked, nameIn } from './field';
import { Table } from './table';

export const admit = new Table(
  'admit',
  {
    role: masked(nameIn(ROLE, 8)),
    src_mac: masked(mac),
    dst_mac: masked(mac),
    src_addr: masked(ipv4),
    dst_addr: masked(ipv4),
  },
  { allow: {}, deny: { reason: nameIn(DROP, 8) } },
);
