import type { P4BitstringLikeTypeSpec, P4Data, P4DataTypeSpec, P4TypeInfo } from 'p4runtime-js';
import { decodeBits, decodeSigned, encodeBits, encodeSigned } from './bytestring';
import { RpcError } from './rpc_error';

/**
 * Values of P4 types <-> P4Data (specification, "Representation of Arbitrary P4 Types"). In the program everything is
 * bits: signed values in two's complement, booleans and enums as numbers. `what` names the value in errors.
 */
export class P4DataCodec {
  constructor(
    private readonly types: P4TypeInfo | undefined,
    private readonly what: string,
  ) {}

  /** The fields of the type, one value each in the order of their declaration. */
  encode(type: P4DataTypeSpec | undefined, fields: bigint[]): P4Data {
    return this.encodeNext(type, fields[Symbol.iterator]());
  }

  /** A value of a type that is no composite. Throws RpcError INVALID_ARGUMENT if it is of another type. */
  decode(type: P4DataTypeSpec | undefined, { data }: P4Data): bigint {
    const given = type?.typeSpec;
    const mismatch = (expected: string): RpcError =>
      new RpcError(
        'INVALID_ARGUMENT',
        `${this.what}: a ${expected} is expected, not ${data?.$case ?? 'nothing'}`,
      );
    switch (given?.$case) {
      case 'bitstring': {
        if (data?.$case !== 'bitstring') throw mismatch('bitstring');
        const { signed, width_bits } = this.bits(given.value);
        return signed
          ? decodeSigned(data.value, width_bits, this.what)
          : decodeBits(data.value, width_bits, this.what);
      }
      case 'bool':
        if (data?.$case !== 'bool') throw mismatch('bool');
        return data.value ? 1n : 0n;
      case 'serializableEnum': {
        if (data?.$case !== 'enumValue') throw mismatch('enum_value');
        const width_bits = this.types?.serializableEnums[given.value.name]?.underlyingType?.bitwidth;
        if (width_bits === undefined) throw this.unknownType(given.value.name);
        return decodeBits(data.value, width_bits, this.what);
      }
      case 'newType': {
        const representation = this.types?.newTypes[given.value.name]?.representation;
        const sdn_type =
          representation?.$case === 'translatedType' ? representation.value.sdnType : undefined;
        if (sdn_type?.$case === 'sdnBitwidth') {
          if (data?.$case !== 'bitstring') throw mismatch('bitstring');
          return decodeBits(data.value, sdn_type.value, this.what);
        }
        if (representation?.$case !== 'originalType') throw this.unsupported('a type translated to strings');
        return this.decode(representation.value, { data });
      }
      default:
        throw this.unsupported(given?.$case ?? 'no type');
    }
  }

  private encodeNext(type: P4DataTypeSpec | undefined, fields: Iterator<bigint, unknown>): P4Data {
    const given = type?.typeSpec;
    const next = (): bigint => {
      const { value, done } = fields.next();
      return done === true ? 0n : value;
    };
    switch (given?.$case) {
      case 'bitstring': {
        const { signed, width_bits } = this.bits(given.value);
        const value = signed ? encodeSigned(BigInt.asIntN(width_bits, next())) : encodeBits(next());
        return { data: { $case: 'bitstring', value } };
      }
      case 'bool':
        return { data: { $case: 'bool', value: next() !== 0n } };
      case 'serializableEnum':
        return { data: { $case: 'enumValue', value: encodeBits(next()) } };
      case 'tuple': {
        const members = given.value.members.map((member) => this.encodeNext(member, fields));
        return { data: { $case: 'tuple', value: { members } } };
      }
      case 'struct': {
        const struct = this.types?.structs[given.value.name];
        if (struct === undefined) throw this.unknownType(given.value.name);
        const members = struct.members.map(({ typeSpec }) => this.encodeNext(typeSpec, fields));
        return { data: { $case: 'struct', value: { members } } };
      }
      case 'newType': {
        const original = this.types?.newTypes[given.value.name]?.representation;
        if (original?.$case === 'translatedType' && original.value.sdnType?.$case === 'sdnBitwidth')
          return { data: { $case: 'bitstring', value: encodeBits(next()) } };
        if (original?.$case !== 'originalType') throw this.unknownType(given.value.name);
        return this.encodeNext(original.value, fields);
      }
      default:
        throw this.unsupported(given?.$case ?? 'no type');
    }
  }

  private bits({ typeSpec }: P4BitstringLikeTypeSpec): { signed: boolean; width_bits: number } {
    if (typeSpec?.$case !== 'bit' && typeSpec?.$case !== 'int')
      throw this.unsupported(typeSpec?.$case ?? 'a bit string without a type');
    return { signed: typeSpec.$case === 'int', width_bits: typeSpec.value.bitwidth };
  }

  private unknownType(name: string): RpcError {
    return new RpcError('INVALID_ARGUMENT', `P4Info: ${this.what}: type ${name} is not in type_info`);
  }

  private unsupported(kind: string): RpcError {
    return new RpcError('UNIMPLEMENTED', `${this.what}: values of kind ${kind} are not supported`);
  }
}
