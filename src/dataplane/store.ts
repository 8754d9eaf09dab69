/** Where each store is. */
import { exactly, mac, uint } from './field';
import { Table } from './table';

export const store = new Table(
  'store',
  { store_id: exactly(uint(16)) },
  { 'store.forward': { mac, port: uint(9) } },
);
