/** Values of P4 types, as digests and registers carry them (specification, "P4Data message"). */
import type { P4Data, P4DataTypeSpec } from 'p4runtime-js';
import { decodeSigned, decodeValue, encodeValue, valueProblem } from './bytes';
import { EncodingError, P4InfoMismatchError } from './errors';
import type { P4Schema } from './p4info';

/** bit and int: bigint; bool: boolean; enum and error: string; tuple: array; struct and header: by member name. */
export type P4Value = bigint | boolean | string | P4Value[] | { [member: string]: P4Value };

/** Throws P4InfoMismatchError if `data` is not of type `spec`, also for types not supported (stacks, unions). */
export function decodeP4Data(
  schema: P4Schema,
  object: string,
  spec: P4DataTypeSpec | undefined,
  data: P4Data,
): P4Value {
  const type = spec?.typeSpec;
  const value = data.data;
  const fail = (): never => {
    throw new P4InfoMismatchError(
      `${object}: the P4Info says ${type?.$case ?? 'nothing'}, the target sent ${value?.$case ?? 'nothing'}`,
    );
  };
  const members = (
    names: readonly { name: string; typeSpec: P4DataTypeSpec | undefined }[],
    all: P4Data[],
  ) => {
    if (names.length !== all.length) fail();
    const entries = names.map(({ name, typeSpec }, i): [string, P4Value] => {
      const member = all[i];
      return [
        name,
        member === undefined ? fail() : decodeP4Data(schema, `${object}.${name}`, typeSpec, member),
      ];
    });
    return Object.fromEntries(entries);
  };
  switch (type?.$case) {
    case 'bitstring': {
      if (value?.$case === 'varbit') return decodeValue(value.value.bitstring) ?? 0n;
      if (value?.$case !== 'bitstring') return fail();
      const bits = decodeValue(value.value);
      if (bits === undefined) return fail();
      const kind = type.value.typeSpec;
      return kind?.$case === 'int' ? decodeSigned(bits, kind.value.bitwidth) : bits;
    }
    case 'bool':
      return value?.$case === 'bool' ? value.value : fail();
    case 'tuple': {
      if (value?.$case !== 'tuple') return fail();
      const specs = type.value.members;
      const all = value.value.members;
      if (specs.length !== all.length) return fail();
      return all.map((member, i) => decodeP4Data(schema, `${object}[${i}]`, specs[i], member));
    }
    case 'struct': {
      const struct = schema.types?.structs[type.value.name];
      if (struct === undefined || value?.$case !== 'struct') return fail();
      return members(struct.members, value.value.members);
    }
    case 'header': {
      const header = schema.types?.headers[type.value.name];
      if (header === undefined || value?.$case !== 'header') return fail();
      if (!value.value.isValid) return {};
      const names = header.members.map(({ name, typeSpec }) => ({
        name,
        typeSpec:
          typeSpec === undefined ? undefined : { typeSpec: { $case: 'bitstring' as const, value: typeSpec } },
      }));
      return members(
        names,
        value.value.bitstrings.map((bits) => ({ data: { $case: 'bitstring' as const, value: bits } })),
      );
    }
    case 'enum':
      return value?.$case === 'enum' ? value.value : fail();
    case 'error':
      return value?.$case === 'error' ? value.value : fail();
    case 'serializableEnum':
      return value?.$case === 'enumValue' ? (decodeValue(value.value) ?? fail()) : fail();
    case 'newType': {
      const new_type = schema.types?.newTypes[type.value.name]?.representation;
      if (new_type?.$case === 'originalType') return decodeP4Data(schema, object, new_type.value, data);
      return value?.$case === 'bitstring' ? (decodeValue(value.value) ?? fail()) : fail();
    }
    case 'headerUnion':
    case 'headerStack':
    case 'headerUnionStack':
    case undefined:
      return fail();
  }
}

/** The inverse for the types registers have: bit, int, bool, struct and tuple of them. Throws EncodingError. */
export function encodeP4Data(
  schema: P4Schema,
  object: string,
  spec: P4DataTypeSpec | undefined,
  value: P4Value,
): P4Data {
  const type = spec?.typeSpec;
  const fail = (expected: string): never => {
    throw new EncodingError(object, 'value', `expected ${expected}`);
  };
  switch (type?.$case) {
    case 'bitstring': {
      if (typeof value !== 'bigint') return fail('a bigint');
      const kind = type.value.typeSpec;
      const width_bits = kind?.$case === 'bit' || kind?.$case === 'int' ? kind.value.bitwidth : 0;
      if (kind?.$case === 'int') {
        if (BigInt.asIntN(width_bits, value) !== value)
          return fail(`an int of ${width_bits} bits, not ${value}`);
        return { data: { $case: 'bitstring', value: encodeValue(BigInt.asUintN(width_bits, value)) } };
      }
      const problem = valueProblem(value, width_bits);
      if (problem !== undefined) throw new EncodingError(object, 'value', problem);
      return { data: { $case: 'bitstring', value: encodeValue(value) } };
    }
    case 'bool':
      return typeof value === 'boolean' ? { data: { $case: 'bool', value } } : fail('a boolean');
    case 'struct': {
      const struct = schema.types?.structs[type.value.name];
      if (struct === undefined || typeof value !== 'object' || Array.isArray(value)) {
        return fail(`a struct ${type.value.name}`);
      }
      const members = struct.members.map(({ name, typeSpec }) => {
        const member = value[name];
        return member === undefined
          ? fail(`member ${name}`)
          : encodeP4Data(schema, `${object}.${name}`, typeSpec, member);
      });
      return { data: { $case: 'struct', value: { members } } };
    }
    case 'tuple': {
      const specs = type.value.members;
      if (!Array.isArray(value) || value.length !== specs.length) return fail(`${specs.length} members`);
      const members = value.map((member, i) => encodeP4Data(schema, `${object}[${i}]`, specs[i], member));
      return { data: { $case: 'tuple', value: { members } } };
    }
    default:
      return fail(`a type that can be written, not ${type?.$case ?? 'none'}`);
  }
}
