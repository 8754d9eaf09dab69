import type { P4InfoIndex } from './p4info';
import { idOf, nameOf } from './p4info';
import { RpcError } from './rpc_error';

/** The parts of p4c's BMv2 JSON whose names and widths P4Info repeats. */
interface ProgramOutline {
  /** Their actions with the widths of their parameters in bits. */
  tables: Map<string, { keys: number; actions: Map<string, number[]> }>;
  profiles: Map<string, { with_selector: boolean }>;
  /** Widths in bits by name. */
  value_sets: Map<string, number>;
  counters: Set<string>;
  /** Cells by name; direct meters have as many as their table. */
  meters: Map<string, number>;
  registers: Map<string, number>;
  digests: Set<string>;
}

/** INVALID_ARGUMENT naming the first thing of P4Info that the program does not have, or has differently. */
export function checkProgram(info: P4InfoIndex, program: object): void {
  const outline = outlineOf(program);
  for (const table of info.tables.values()) {
    const twin = outline.tables.get(table.name);
    if (twin === undefined) throw mismatch(`table ${table.name}`, 'is not in the program');
    if (twin.keys !== table.keys.length) {
      throw mismatch(`table ${table.name}`, `has ${table.keys.length} keys, in the program ${twin.keys}`);
    }
    for (const { action } of table.actions.values()) {
      const widths = twin.actions.get(action.name);
      if (widths === undefined)
        throw mismatch(`table ${table.name}`, `has action ${action.name}, which the program's has not`);
      const expected = action.params.map(({ width_bits }) => width_bits);
      // P4Info gives no width to values that are no numbers.
      const differs = (width: number, i: number) => width !== 0 && width !== widths[i];
      if (widths.length !== expected.length || expected.some(differs)) {
        throw mismatch(
          `action ${action.name}`,
          `has parameters of ${expected.join(', ') || 'no'} bits, in the program of ${widths.join(', ') || 'no'} bits`,
        );
      }
    }
  }
  for (const profile of info.action_profiles.values()) {
    const twin = outline.profiles.get(nameOf(profile));
    if (twin === undefined) throw mismatch(`action profile ${nameOf(profile)}`, 'is not in the program');
    if (twin.with_selector !== profile.withSelector)
      throw mismatch(`action profile ${nameOf(profile)}`, 'is a selector in one of them only');
  }
  for (const set of info.value_sets.values()) {
    const width = set.keys.reduce((sum, { width_bits }) => sum + width_bits, 0);
    const twin = outline.value_sets.get(set.name);
    if (twin === undefined) throw mismatch(set.label, 'is not in the program');
    if (twin !== width) throw mismatch(set.label, `is of ${width} bits, in the program of ${twin}`);
  }
  for (const counter of [...info.counters.values(), ...info.direct_counters.values()]) {
    if (!outline.counters.has(nameOf(counter)))
      throw mismatch(`counter ${nameOf(counter)}`, 'is not in the program');
  }
  for (const meter of [...info.meters.values(), ...info.direct_meters.values()]) {
    const size = outline.meters.get(nameOf(meter));
    if (size === undefined) throw mismatch(`meter ${nameOf(meter)}`, 'is not in the program');
    if ('size' in meter && Number(meter.size) !== size)
      throw mismatch(`meter ${nameOf(meter)}`, `has ${meter.size} cells, in the program ${size}`);
  }
  for (const register of info.registers.values()) {
    const size = outline.registers.get(nameOf(register));
    if (size === undefined) throw mismatch(`register ${nameOf(register)}`, 'is not in the program');
    if (size !== register.size) {
      throw mismatch(`register ${nameOf(register)}`, `has ${register.size} cells, in the program ${size}`);
    }
  }
  for (const digest of info.digests.values()) {
    if (!outline.digests.has(nameOf(digest))) {
      throw mismatch(`digest ${nameOf(digest)} (${idOf('digest', digest)})`, 'is not in the program');
    }
  }
}

function mismatch(what: string, problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `P4Info does not match p4_device_config: ${what} ${problem}`);
}

export type Json = Record<string, unknown>;

function outlineOf(program: object): ProgramOutline {
  const root = program as Json;
  const tables: ProgramOutline['tables'] = new Map();
  for (const pipeline of list(root, 'pipelines')) {
    for (const table of list(pipeline, 'tables')) {
      tables.set(text(table, 'name'), {
        keys: list(table, 'key').length,
        actions: tableActions(root, table),
      });
    }
  }
  return {
    tables,
    profiles: new Map(
      list(root, 'pipelines')
        .flatMap((pipeline) => list(pipeline, 'action_profiles'))
        .map((profile) => [text(profile, 'name'), { with_selector: profile['selector'] !== undefined }]),
    ),
    value_sets: new Map(
      list(root, 'parse_vsets').map((set) => [text(set, 'name'), Number(set['compressed_bitwidth'])]),
    ),
    counters: new Set(list(root, 'counter_arrays').map((counter) => text(counter, 'name'))),
    meters: new Map(list(root, 'meter_arrays').map((meter) => [text(meter, 'name'), Number(meter['size'])])),
    registers: new Map(
      list(root, 'register_arrays').map((register) => [text(register, 'name'), Number(register['size'])]),
    ),
    digests: new Set(list(root, 'learn_lists').map((digest) => text(digest, 'name'))),
  };
}

/**
 * Parameter widths in bits by the names of a table's actions. An action that the program also calls itself is in the
 * JSON again under its name, with the arguments it is called with in place of parameters: only ids tell them apart.
 */
export function tableActions(root: Json, table: Json): Map<string, number[]> {
  const ids = table['action_ids'];
  if (!Array.isArray(ids)) return new Map();
  const actions = list(root, 'actions').filter(({ id }) => ids.includes(id));
  return new Map(
    actions.map((action) => [
      text(action, 'name'),
      list(action, 'runtime_data').map((param) => Number(param['bitwidth'])),
    ]),
  );
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError('INVALID_ARGUMENT', 'p4_device_config: a list has something else than objects in it');
  }
  return value as Json;
}

export function list(object: Json, key: string): Json[] {
  const value = object[key];
  return Array.isArray(value) ? value.map(asObject) : [];
}

export function text(object: Json, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
