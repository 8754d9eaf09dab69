/** Register cells by name <-> RegisterEntry. BMv2 serves none of this: see quirks.ts. */
import type { RegisterEntry } from 'p4runtime-js';
import { encodeIndex } from './counters';
import { P4InfoMismatchError } from './errors';
import { decodeP4Data, encodeP4Data, type P4Value } from './p4data';
import type { P4Schema } from './p4info';

export interface RegisterCell {
  register: string;
  index: number;
  value: P4Value;
}

export function encodeRegisterCell(schema: P4Schema, cell: RegisterCell): RegisterEntry {
  const { id, name, info } = schema.registers.get(cell.register);
  const object = `register ${name}`;
  return {
    registerId: id,
    index: encodeIndex(object, cell.index, BigInt(info.size)),
    data: encodeP4Data(schema, object, info.typeSpec, cell.value),
  };
}

export function decodeRegisterCell(schema: P4Schema, wire: RegisterEntry): RegisterCell {
  const { name, info } = schema.registers.getById(wire.registerId);
  if (wire.index === undefined || wire.data === undefined) {
    throw new P4InfoMismatchError(`register ${name}: the target sent a cell without index or data`);
  }
  return {
    register: name,
    index: Number(wire.index.index),
    value: decodeP4Data(schema, `register ${name}`, info.typeSpec, wire.data),
  };
}
