/** Stores that get nothing: one entry takes a store out of every pool. */
import { exactly, uint } from './field';
import { Table } from './table';

export const storeDown = new Table('store_down', { store_id: exactly(uint(16)) }, { reselect: {} });
