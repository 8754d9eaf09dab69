import type { ControllerPacketMetadata } from 'p4runtime-js';
import type { HeaderType, Program } from '../program/model';

/** What p4c puts at the end of a header that ends within a byte. */
const PADDING = '_padding';

/**
 * The fields of the program's headers that may be a controller packet header: those with the same names, as P4Info does
 * not say which it is. None, if the program does nothing with it.
 */
export function controllerHeaders(
  { metadata }: ControllerPacketMetadata,
  { headers }: Program,
): HeaderType['fields'][] {
  const names = metadata.map(({ name }) => name).join();
  const found = new Map<HeaderType, HeaderType['fields']>();
  for (const { type } of headers) {
    const fields = type.fields.filter(({ name }) => name !== PADDING);
    if (fields.map(({ name }) => name).join() === names) found.set(type, fields);
  }
  return [...found.values()];
}
