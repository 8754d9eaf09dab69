/** Where a procedure may go; what has no row is placed by request. */
import { CLASS } from './constants';
import { exactly, nameIn, uint } from './field';
import { Table } from './table';

export const procedureClass = new Table(
  'procedure_class',
  { program: exactly(uint(32)), version: exactly(uint(32)), procedure: exactly(uint(32)) },
  { set_class: { placement: nameIn(CLASS, 8) } },
);
