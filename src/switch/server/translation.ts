import type { ControllerPacketMetadata, P4TypeInfo } from 'p4runtime-js';
import type { Program } from '../program/model';
import { controllerHeaders } from './controller_header';
import { nameOf, type P4InfoIndex } from './p4info';
import { tablesOf } from './program_check';
import { isTranslated } from './type_widths';

/**
 * Types that clients see in another form than the program has (`@p4runtime_translation` to `bit<W>` or to `string`;
 * specification, "User-defined types"). Nothing says what the numbers of clients mean, so they are the program's, and it
 * is the program's width that values have to fit.
 */

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
  const [fields] = controllerHeaders(header, program);
  if (fields === undefined) return header;
  return {
    ...header,
    metadata: header.metadata.map((field, i) => ({ ...field, bitwidth: fields[i]?.width ?? field.bitwidth })),
  };
}
