import type { ControllerPacketMetadata, P4TypeInfo } from 'p4runtime-js';
import type { Program } from '../program/model';
import { nameOf, type P4InfoIndex } from './p4info';
import { tablesOf } from './program_check';

/**
 * Types that clients see in another form than the program has (`@p4runtime_translation` to `bit<W>` or to `string`;
 * specification, "User-defined types"). Nothing says what the numbers of clients mean, so they are the program's, and it
 * is the program's width that values have to fit.
 */

/** What p4c puts at the end of a header that ends within a byte. */
const PADDING = '_padding';

interface WithType {
  typeName: { name: string } | undefined;
}

function isTranslated(types: P4TypeInfo | undefined, { typeName }: WithType): boolean {
  const representation = types?.newTypes[typeName?.name ?? '']?.representation;
  return representation?.$case === 'translatedType' && representation.value.sdnType !== undefined;
}

/** Puts the program's widths in place of the clients' for translated keys and parameters. */
export function useProgramWidths(info: P4InfoIndex, program: Program): void {
  const { types } = info;
  if (types === undefined || Object.keys(types.newTypes).length === 0) return;
  const tables = tablesOf(program);
  for (const given of info.info.tables) {
    const name = nameOf(given);
    const [table, spec] = [tables.get(name), info.tables_by_name.get(name)];
    given.matchFields.forEach((field, i) => {
      const [own, key] = [spec?.keys[i], table?.keys[i]];
      if (own !== undefined && key !== undefined && isTranslated(types, field)) own.width_bits = key.width;
    });
    for (const { name: action_name, parameters } of table?.actions ?? []) {
      const action = info.info.actions.find((candidate) => nameOf(candidate) === action_name);
      const params = info.actions.get(action?.preamble?.id ?? 0)?.params;
      action?.params.forEach((param, i) => {
        const [own, parameter] = [params?.[i], parameters[i]];
        if (own !== undefined && parameter !== undefined && isTranslated(types, param))
          own.width_bits = parameter.width;
      });
    }
  }
}

/** The header as frames have it: with the program's widths where P4Info has the clients'. */
export function packetHeaderInProgram(
  header: ControllerPacketMetadata | undefined,
  types: P4TypeInfo | undefined,
  program: Program,
): ControllerPacketMetadata | undefined {
  if (header === undefined || !header.metadata.some((field) => isTranslated(types, field))) return header;
  // P4Info does not say which header type it is, so it is the one with these fields.
  const names = header.metadata.map(({ name }) => name).join();
  for (const { type } of program.headers) {
    const fields = type.fields.filter(({ name }) => name !== PADDING);
    if (fields.map(({ name }) => name).join() !== names) continue;
    return {
      ...header,
      metadata: header.metadata.map((field, i) => ({
        ...field,
        bitwidth: fields[i]?.width ?? field.bitwidth,
      })),
    };
  }
  return header;
}
