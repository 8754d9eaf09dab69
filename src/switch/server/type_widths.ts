import type { P4DataTypeSpec, P4TypeInfo } from 'p4runtime-js';

/** Bits of one value; undefined: P4Info does not say (enums, errors, types translated to another). */
type Width = number | undefined;

/**
 * Widths in bits of the values that a P4Info type consists of, in the order of its declaration.
 * @returns undefined where P4Info does not say what the type consists of
 */
export function typeWidths(
  type: P4DataTypeSpec | undefined,
  types: P4TypeInfo | undefined,
): Width[] | undefined {
  const given = type?.typeSpec;
  switch (given?.$case) {
    case 'bitstring': {
      const bits = given.value.typeSpec;
      return [bits?.$case === 'bit' || bits?.$case === 'int' ? bits.value.bitwidth : undefined];
    }
    case 'bool':
      return [1];
    case 'serializableEnum':
      return [types?.serializableEnums[given.value.name]?.underlyingType?.bitwidth];
    case 'enum':
    case 'error':
      return [undefined];
    case 'newType': {
      const representation = types?.newTypes[given.value.name]?.representation;
      return representation?.$case === 'originalType' ? typeWidths(representation.value, types) : [undefined];
    }
    case 'tuple':
      return all(given.value.members, types);
    case 'struct': {
      const members = types?.structs[given.value.name]?.members;
      return (
        members &&
        all(
          members.map(({ typeSpec }) => typeSpec),
          types,
        )
      );
    }
    default:
      return undefined;
  }
}

function all(members: (P4DataTypeSpec | undefined)[], types: P4TypeInfo | undefined): Width[] | undefined {
  const widths: Width[] = [];
  for (const member of members) {
    const inner = typeWidths(member, types);
    if (inner === undefined) return undefined;
    widths.push(...inner);
  }
  return widths;
}

interface WithType {
  typeName: { name: string } | undefined;
}

/** Whether clients see values of this type in another form than the program has. */
export function isTranslated(types: P4TypeInfo | undefined, { typeName }: WithType): boolean {
  const representation = types?.newTypes[typeName?.name ?? '']?.representation;
  return representation?.$case === 'translatedType' && representation.value.sdnType !== undefined;
}
