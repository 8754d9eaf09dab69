/** The source address of what the data plane sends on from a port. */
import { exactly, mac, uint } from './field';
import { Table } from './table';

export const portMac = new Table('port_mac', { egress_port: exactly(uint(9)) }, { set_source: { mac } });
