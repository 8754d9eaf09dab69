import type { ControllerPacketMetadata, P4TypeInfo } from 'p4runtime-js';
import type { P4InfoIndex } from './p4info';
import { list, tableActions, text, type Json } from './program_check';

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
export function useProgramWidths(info: P4InfoIndex, program: object): void {
  const { types } = info;
  if (types === undefined || Object.keys(types.newTypes).length === 0) return;
  const root = program as Json;
  const fields = fieldWidths(root);
  for (const pipeline of list(root, 'pipelines')) {
    for (const table of list(pipeline, 'tables')) {
      const spec = info.tables_by_name.get(text(table, 'name'));
      const given = info.info.tables.find(({ preamble }) => preamble?.id === spec?.id);
      list(table, 'key').forEach((key, i) => {
        const field = given?.matchFields[i];
        const target = Array.isArray(key['target']) ? key['target'].join(' ') : '';
        const width_bits = fields.get(target);
        const own = spec?.keys[i];
        if (
          own !== undefined &&
          field !== undefined &&
          width_bits !== undefined &&
          isTranslated(types, field)
        )
          own.width_bits = width_bits;
      });
      for (const [name, widths] of tableActions(root, table)) {
        const action = info.info.actions.find(({ preamble }) => preamble?.name === name);
        const params = info.actions.get(action?.preamble?.id ?? 0)?.params;
        action?.params.forEach((param, i) => {
          const own_param = params?.[i];
          const width_bits = widths[i] ?? 0;
          if (own_param !== undefined && width_bits > 0 && isTranslated(types, param))
            own_param.width_bits = width_bits;
        });
      }
    }
  }
}

/** The header as frames have it: with the program's widths where P4Info has the clients'. */
export function packetHeaderInProgram(
  header: ControllerPacketMetadata | undefined,
  types: P4TypeInfo | undefined,
  program: object,
): ControllerPacketMetadata | undefined {
  if (header === undefined || !header.metadata.some((field) => isTranslated(types, field))) return header;
  // P4Info does not say which header type it is, so it is the one with these fields.
  const names = header.metadata.map(({ name }) => name).join();
  for (const type of list(program as Json, 'header_types')) {
    const fields = fieldsOf(type).filter(([name]) => name !== PADDING);
    if (fields.map(([name]) => name).join() !== names) continue;
    return {
      ...header,
      metadata: header.metadata.map((field, i) => ({ ...field, bitwidth: fields[i]?.[1] ?? field.bitwidth })),
    };
  }
  return header;
}

/** Widths in bits by "instance field". */
function fieldWidths(root: Json): Map<string, number> {
  const types = new Map(list(root, 'header_types').map((type) => [text(type, 'name'), fieldsOf(type)]));
  const widths = new Map<string, number>();
  for (const header of list(root, 'headers')) {
    for (const [field, width] of types.get(text(header, 'header_type')) ?? [])
      widths.set(`${text(header, 'name')} ${field}`, width);
  }
  return widths;
}

function fieldsOf(type: Json): [string, number][] {
  const fields = type['fields'];
  if (!Array.isArray(fields)) return [];
  return fields.flatMap((field: unknown): [string, number][] =>
    Array.isArray(field) ? [[String(field[0]), Number(field[1])]] : [],
  );
}
