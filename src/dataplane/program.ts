/** The compiled P4 program: where its files are, and that they fit this version. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { P4Schema, type Pipeline } from '../p4runtime';
import { CLIENT_DIGEST } from './client_digest';
import { COUNTERS } from './counters';
import type { KeyFields } from './table';
import { TABLES } from './tables';

export interface ProgramFiles {
  /** BMv2 JSON: the device configuration. */
  device_config: string;
  p4info: string;
}

/** Program files that cannot be read, or that are not of this version's program. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** From `src/dataplane` and from `dist/dataplane` alike. */
const SHIPPED_FOLDER = resolve(__dirname, '../../p4/build');

/** The program's files in `folder`; without it, those shipped. */
export function programFiles(folder = SHIPPED_FOLDER): ProgramFiles {
  return {
    device_config: resolve(folder, 'storeswitch.json'),
    p4info: resolve(folder, 'storeswitch.p4info.txtpb'),
  };
}

/** Throws ProgramError, or P4InfoError naming file and line. */
export function loadProgram(folder?: string): Pipeline {
  const files = programFiles(folder);
  const p4info = P4Schema.load(files.p4info);
  checkSchema(p4info, files.p4info);
  let device_config: Buffer;
  try {
    device_config = readFileSync(files.device_config);
  } catch (error) {
    throw new ProgramError(`${files.device_config}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  checkDeviceConfig(device_config, files, p4info);
  return { p4info, device_config };
}

/** That the P4Info has all this version uses, as this version knows it. */
export function checkSchema(schema: P4Schema, file: string): void {
  const problems = TABLES.flatMap((table) => {
    const info = schema.tables.find(table.name);
    if (info === undefined) return [`there is no table ${table.name}`];
    const expected = describeKey(
      Object.entries(table.key as KeyFields).map(([name, field]) => ({ ...field, name })),
    );
    const found = describeKey(info.key);
    if (found !== expected) return [`table ${table.name}: found key (${found}), expected (${expected})`];
    return Object.keys(table.actions)
      .filter((action) => !info.actions.some(({ alias }) => alias === action))
      .map((action) => `table ${table.name}: there is no action ${action}`);
  });
  for (const counter of Object.values(COUNTERS)) {
    if (schema.counters.find(counter) === undefined) problems.push(`there is no counter ${counter}`);
  }
  if (schema.digests.find(CLIENT_DIGEST) === undefined) problems.push(`there is no digest ${CLIENT_DIGEST}`);
  if (schema.packet_in === undefined || schema.packet_out === undefined) {
    problems.push('there is no packet_in or no packet_out header');
  }
  if (problems.length > 0) {
    throw new ProgramError(`${file}: not the P4Info of this version's program: ${problems.join('; ')}`);
  }
}

function describeKey(fields: readonly { name: string; kind: string; width_bits: number }[]): string {
  return fields.map(({ name, kind, width_bits }) => `${name}: ${kind} ${width_bits} bits`).join(', ');
}

/** That BMv2 JSON and P4Info come from one compilation, as far as the names of tables tell. */
function checkDeviceConfig(bytes: Buffer, files: ProgramFiles, schema: P4Schema): void {
  let program: { pipelines?: { tables?: { name?: string }[] }[] } | null;
  try {
    program = JSON.parse(bytes.toString('utf8')) as typeof program;
  } catch (error) {
    throw new ProgramError(`${files.device_config}: is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const pipelines = Array.isArray(program?.pipelines) ? program.pipelines : [];
  const tables = new Set(pipelines.flatMap((pipeline) => pipeline.tables ?? []).map(({ name }) => name));
  const missing = [...schema.tables].map(({ name }) => name).filter((name) => !tables.has(name));
  if (missing.length > 0) {
    throw new ProgramError(
      `${files.device_config}: does not have table ${missing.join(', ')} of ${files.p4info}: ` +
        'compile both anew from the same sources',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
