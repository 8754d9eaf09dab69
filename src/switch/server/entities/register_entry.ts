import type { Entity, P4Data, Register, RegisterEntry, Update_Type } from 'p4runtime-js';
import { outcomeValue, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { decodeBits, encodeBits } from '../bytestring';
import { found, idOf, nameOf } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { cellIndices, CELLS_PER_PIECE } from './cell_index';
import { requireModify, type PreparedUpdate } from './prepared';

export function prepareRegisterEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: RegisterEntry,
): PreparedUpdate {
  requireModify(type, 'a register');
  const register = found(pipeline.info.registers, 'register', entry.registerId);
  const name = nameOf(register);
  const indices = cellIndices(`register ${name}`, register.size, entry.index);
  const value = decodeCell(register, entry.data);
  return {
    calls: Array.from(indices, (index): EngineCall => ({
      method: 'writeRegister',
      args: [name, index, value],
    })),
  };
}

function decodeCell(register: Register, data: P4Data | undefined): bigint {
  const width_bits = cellWidth(register);
  if (data?.data?.$case !== 'bitstring') {
    const given = data?.data?.$case ?? 'nothing';
    throw new RpcError(
      'INVALID_ARGUMENT',
      `register ${nameOf(register)}: a bitstring is expected, not ${given}`,
    );
  }
  return decodeBits(data.data.value, width_bits, `register ${nameOf(register)}`);
}

function isBits(register: Register): boolean {
  const type = register.typeSpec?.typeSpec;
  return type?.$case === 'bitstring' && type.value.typeSpec?.$case === 'bit';
}

function cellWidth(register: Register): number {
  const type = register.typeSpec?.typeSpec;
  if (type?.$case === 'bitstring' && type.value.typeSpec?.$case === 'bit')
    return type.value.typeSpec.value.bitwidth;
  throw new RpcError(
    'UNIMPLEMENTED',
    `register ${nameOf(register)}: only bit<W> cells can be read and written`,
  );
}

export async function* readRegisterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: RegisterEntry,
): AsyncGenerator<Entity[]> {
  const { registers } = pipeline.info;
  const is_wildcard = request.registerId === 0;
  const wanted = is_wildcard
    ? [...registers.values()].filter(isBits)
    : [found(registers, 'register', request.registerId)];
  for (const register of wanted) {
    const name = nameOf(register);
    cellWidth(register);
    const indices = [
      ...cellIndices(`register ${name}`, register.size, is_wildcard ? undefined : request.index),
    ];
    for (let i = 0; i < indices.length; i += CELLS_PER_PIECE) {
      const piece = indices.slice(i, i + CELLS_PER_PIECE);
      const outcomes = await dataplane.batch(
        piece.map((index): EngineCall => ({ method: 'readRegister', args: [name, index] })),
      );
      yield outcomes.map((outcome, at) => ({
        entity: {
          $case: 'registerEntry',
          value: {
            registerId: idOf('register', register),
            index: { index: BigInt(piece[at] ?? 0) },
            data: { data: { $case: 'bitstring', value: encodeBits(outcomeValue<'readRegister'>(outcome)) } },
          },
        },
      }));
    }
  }
}
