import type { P4Data, P4DataTypeSpec, P4TypeInfo } from 'p4runtime-js';
import { encodeBits } from './bytestring';
import { RpcError } from './rpc_error';

/** A digest's fields, one value each in the order of its type, as P4Data of that type. */
export function encodeDigest(
  type: P4DataTypeSpec | undefined,
  types: P4TypeInfo | undefined,
  fields: bigint[],
): P4Data {
  let next = 0;
  function encode(spec: P4DataTypeSpec | undefined): P4Data {
    const given = spec?.typeSpec;
    switch (given?.$case) {
      case 'bitstring':
        return { data: { $case: 'bitstring', value: encodeBits(fields[next++] ?? 0n) } };
      case 'bool':
        return { data: { $case: 'bool', value: fields[next++] !== 0n } };
      case 'serializableEnum':
        return { data: { $case: 'enumValue', value: encodeBits(fields[next++] ?? 0n) } };
      case 'tuple':
        return { data: { $case: 'tuple', value: { members: given.value.members.map(encode) } } };
      case 'struct': {
        const struct = types?.structs[given.value.name];
        if (struct === undefined) throw unknownType(given.value.name);
        return {
          data: {
            $case: 'struct',
            value: { members: struct.members.map(({ typeSpec }) => encode(typeSpec)) },
          },
        };
      }
      case 'newType': {
        const original = types?.newTypes[given.value.name]?.representation;
        if (original?.$case === 'translatedType' && original.value.sdnType?.$case === 'sdnBitwidth')
          return { data: { $case: 'bitstring', value: encodeBits(fields[next++] ?? 0n) } };
        if (original?.$case !== 'originalType') throw unknownType(given.value.name);
        return encode(original.value);
      }
      default:
        throw new RpcError('UNIMPLEMENTED', `digests of ${given?.$case ?? 'no type'} are not supported`);
    }
  }
  return encode(type);
}

function unknownType(name: string): RpcError {
  return new RpcError(
    'INVALID_ARGUMENT',
    `P4Info: digest type ${name} is not a struct or plain type of type_info`,
  );
}
