/** Which store a response is from, by the MAC address it was sent from. */
import { exactly, mac, uint } from './field';
import { Table } from './table';

export const sender = new Table('sender', { src_mac: exactly(mac) }, { set_sender: { store_id: uint(16) } });
