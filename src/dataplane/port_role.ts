/** Which side of the virtualizer a port is on; frames of other ports are dropped. */
import { ROLE } from './constants';
import { exactly, nameIn, uint } from './field';
import { Table } from './table';

export const portRole = new Table(
  'port_role',
  { ingress_port: exactly(uint(9)) },
  { set_role: { role: nameIn(ROLE, 8) } },
);
