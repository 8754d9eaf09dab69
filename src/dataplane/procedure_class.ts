/** Where a procedure may go; what has no row is placed by request. */
import { CLASS } from './constants';
import { exactly, nameIn, uint } from './field';
import { PROCEDURES } from './procedures';
import { Table, type Row } from './table';

export const procedureClass = new Table(
  'procedure_class',
  { program: exactly(uint(32)), version: exactly(uint(32)), procedure: exactly(uint(32)) },
  { set_class: { placement: nameIn(CLASS, 8), procedure_id: uint(16) } },
);

export function procedureRows(): Row[] {
  return PROCEDURES.map(({ id, program, version, procedure, placement }) =>
    procedureClass.row(
      { program, version, procedure },
      { name: 'set_class', params: { placement, procedure_id: id } },
    ),
  );
}
