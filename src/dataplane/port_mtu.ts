/** The largest IP packet that may leave by a port towards clients, in octets. */
import { exactly, uint } from './field';
import { Table } from './table';

export const portMtu = new Table('port_mtu', { out_port: exactly(uint(9)) }, { set_mtu: { mtu: uint(16) } });
