/** The way back to a client; responses to others are shown to the controller. */
import { mac, prefix, uint } from './field';
import { Table } from './table';

export const clientRoute = new Table(
  'client_route',
  { dst_addr: prefix },
  { 'client_route.forward': { port: uint(9), mac } },
);
