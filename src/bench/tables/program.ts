import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { P4Schema, type Pipeline } from '../../p4runtime';

/** From `src/bench/tables` and from `dist/bench/tables` alike. */
const FOLDER = resolve(__dirname, '../../../src/bench/tables');

export function deviceConfig(): string {
  return readFileSync(resolve(FOLDER, 'tables.json'), 'utf8');
}

export function tablesProgram(): Pipeline {
  const p4info = P4Schema.load(resolve(FOLDER, 'tables.p4info.txtpb'));
  return { p4info, device_config: Buffer.from(deviceConfig()) };
}
