/** Switch port to shadow port, and back. */
import { exactly, uint } from './field';
import { Table } from './table';

export const hostPort = new Table(
  'host_port',
  { ingress_port: exactly(uint(9)) },
  { set_peer: { port: uint(9) } },
);
