import type { Entity, RegisterEntry, Update_Type } from 'p4runtime-js';
import { outcomeValue, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { P4DataCodec } from '../p4_data';
import { found, idOf, nameOf } from '../p4info';
import type { Pipeline } from '../pipeline';
import { cellIndices, cellPieces } from './cell_index';
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
  const codec = new P4DataCodec(pipeline.info.types, `register ${name}`);
  const value = codec.decode(register.typeSpec, entry.data ?? { data: undefined });
  return {
    calls: Array.from(indices, (index): EngineCall => ({
      method: 'writeRegister',
      args: [name, index, value],
    })),
  };
}

export async function* readRegisterEntries(
  pipeline: Pipeline,
  dataplane: Dataplane,
  request: RegisterEntry,
): AsyncGenerator<Entity[]> {
  const { registers } = pipeline.info;
  const is_wildcard = request.registerId === 0;
  const wanted = is_wildcard ? [...registers.values()] : [found(registers, 'register', request.registerId)];
  for (const register of wanted) {
    const name = nameOf(register);
    const codec = new P4DataCodec(pipeline.info.types, `register ${name}`);
    const index = is_wildcard ? undefined : request.index;
    for (const piece of cellPieces(`register ${name}`, register.size, index)) {
      const outcomes = await dataplane.batch(
        piece.map((index): EngineCall => ({ method: 'readRegister', args: [name, index] })),
      );
      yield outcomes.map((outcome, at) => ({
        entity: {
          $case: 'registerEntry',
          value: {
            registerId: idOf('register', register),
            index: { index: BigInt(piece[at] ?? 0) },
            data: codec.encode(register.typeSpec, [outcomeValue<'readRegister'>(outcome)]),
          },
        },
      }));
    }
  }
}
