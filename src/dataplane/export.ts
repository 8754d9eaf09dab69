/** Which export a file handle belongs to, by its first 16 octets. */
import { exactly, hex, masked, uint } from './field';
import { HANDLE_PREFIX_OCTETS } from './sizes';
import { Table } from './table';

export const exportTable = new Table(
  'export',
  { service_id: exactly(uint(16)), handle_prefix: masked(hex(8 * HANDLE_PREFIX_OCTETS)) },
  { set_export: { export_id: uint(16) } },
);
