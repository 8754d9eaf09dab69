import {
  MeterSpec_Unit,
  type ControllerPacketMetadata,
  type DirectCounter,
  type DirectMeter,
} from 'p4runtime-js';
import type { Action, FieldList, Program, Table, TableKey } from '../program/model';
import { controllerHeaders } from './controller_header';
import { nameOf, type KeyField, type P4InfoIndex, type TableSpec } from './p4info';
import { RpcError } from './rpc_error';
import { isTranslated, typeWidths } from './type_widths';

/** p4c's names of digests that have no struct: of the type in the JSON, of the call in P4Info. */
const UNNAMED = { in_program: /^tuple_\d+$/, in_info: /^digest_\d+$/ };

/** Forgets what P4Info has of a program that p4c then found dead: keyless tables and unused action profiles. */
export function forgetDead(info: P4InfoIndex, program: Program): void {
  const tables = tablesOf(program);
  for (const { id, name, keys, actions } of info.tables.values()) {
    const is_writable = keys.length > 0 || [...actions.values()].some(({ in_entries }) => in_entries);
    if (is_writable || tables.has(name)) continue;
    info.tables.delete(id);
    info.tables_by_name.delete(name);
  }
  const used = new Set([...info.tables.values()].map(({ profile }) => profile));
  const profiles = new Set(program.action_profiles.map(({ name }) => name));
  for (const [id, profile] of info.action_profiles)
    if (!used.has(profile) && !profiles.has(nameOf(profile))) info.action_profiles.delete(id);
}

/** Gives digests without a struct the program's names too, in the order of both. */
export function nameDigests(info: P4InfoIndex, program: Program): void {
  const unnamed = [...info.digests.values()].filter((digest) => UNNAMED.in_info.test(nameOf(digest)));
  const names = new Set([...program.digests.values()].map(({ name }) => name));
  for (const name of names) {
    if (!UNNAMED.in_program.test(name)) continue;
    const digest = unnamed.shift();
    if (digest !== undefined) info.digests_by_name.set(name, digest);
  }
}

/**
 * Gives `@hidden` actions the program's names, in the order of both: they can be read, but nobody can write them.
 * @throws RpcError INVALID_ARGUMENT if a table refers to more actions than the program's has
 */
export function nameHiddenActions(info: P4InfoIndex, program: Program): void {
  const tables = tablesOf(program);
  for (const { name, label, actions, actions_by_name, hidden_actions } of info.tables.values()) {
    const own_actions = tables.get(name)?.actions.filter((action) => !actions_by_name.has(action.name)) ?? [];
    for (const [i, id] of hidden_actions.entries()) {
      const own_action = own_actions[i];
      if (own_action === undefined)
        throw new RpcError(
          'INVALID_ARGUMENT',
          `P4Info: ${label} refers to action ${id}, which does not exist`,
        );
      const { name: action_name, parameters } = own_action;
      const params = parameters.map((own, at) => ({ id: at + 1, name: own.name, width_bits: own.width }));
      const action = { id, name: action_name, params };
      actions.set(id, { action, in_entries: false, as_default: false });
      actions_by_name.set(action_name, action);
    }
  }
}

/**
 * Whether a P4Info is the one of a program. P4Info may lack what p4c hides from control planes (`@hidden`, and the tables
 * it makes up itself).
 * @throws RpcError INVALID_ARGUMENT naming the first thing that is missing or different, what was found and expected
 */
export function checkProgram(info: P4InfoIndex, program: Program): void {
  const tables = tablesOf(program);
  for (const spec of info.tables.values()) {
    const table = tables.get(spec.name);
    if (table === undefined) throw missing(spec.label);
    checkKeys(spec, table);
    checkActions(spec, table);
    if (spec.profile !== undefined || table.profile !== undefined)
      check(spec.label, 'action profile', spec.profile && nameOf(spec.profile), table.profile?.name);
  }
  for (const table of tables.values())
    if (!info.tables_by_name.has(table.name) && isWritable(table)) throw leftOut(`table ${table.name}`);
  checkProfiles(info, program);
  checkValueSets(info, program);
  checkCounters(info, program);
  checkMeters(info, program);
  checkRegisters(info, program);
  checkDigests(info, program);
  checkPacketHeader(info, info.packet_in, program);
  checkPacketHeader(info, info.packet_out, program);
}

export function tablesOf({ ingress, egress }: Program): Map<string, Table> {
  return new Map([...ingress.tables, ...egress.tables]);
}

/** Control planes have something to say about it. What p4c makes up or may hide, the program has filled itself. */
function isWritable(table: Table): boolean {
  if (table.const_entries !== undefined) return false;
  return table.keys.length > 0 || table.default_entry?.is_const !== true;
}

function checkKeys({ label, keys }: TableSpec, table: Table): void {
  check(label, 'number of keys', keys.length, table.keys.length);
  keys.forEach((key, i) => {
    const own = table.keys[i];
    if (own !== undefined) checkKey(`${label}, key ${i + 1} (${own.name})`, key, own);
  });
}

function checkKey(what: string, key: KeyField, own: TableKey): void {
  check(what, 'name', key.name, own.name);
  // BMv2 knows no optional keys, p4c makes them ternary.
  check(what, 'match kind', key.kind === 'optional' ? 'ternary' : key.kind, own.kind);
  if (key.width_bits !== 0) check(what, 'width in bits', key.width_bits, own.width);
}

function checkActions({ label, actions_by_name }: TableSpec, table: Table): void {
  for (const { name } of table.actions)
    if (!actions_by_name.has(name)) throw mismatch(`${label} lacks action ${name}, which the program's has`);
  const own_actions = new Map(table.actions.map((action) => [action.name, action]));
  for (const { name, params } of actions_by_name.values()) {
    const action = own_actions.get(name);
    if (action === undefined) throw mismatch(`${label} has action ${name}, which the program's has not`);
    checkParameters(`action ${name}`, params, action);
  }
}

function checkParameters(
  what: string,
  params: { name: string; width_bits: number }[],
  { parameters }: Action,
): void {
  check(what, 'number of parameters', params.length, parameters.length);
  params.forEach(({ name, width_bits }, i) => {
    const own = parameters[i];
    check(what, `name of parameter ${i + 1}`, name, own?.name);
    // P4Info gives no width to values that are no numbers.
    if (width_bits !== 0) check(what, `width in bits of parameter ${name}`, width_bits, own?.width);
  });
}

function checkProfiles(info: P4InfoIndex, program: Program): void {
  for (const [what, profile, own] of pairs('action profile', info.action_profiles, program.action_profiles))
    check(what, 'selector', profile.withSelector, own.selector !== undefined);
}

function checkValueSets(info: P4InfoIndex, program: Program): void {
  const own_sets = new Map(program.value_sets.map((set) => [set.name, set]));
  for (const { name, label, keys } of info.value_sets.values()) {
    const own = own_sets.get(name);
    if (own === undefined) throw missing(label);
    const width = keys.reduce((sum, { width_bits }) => sum + width_bits, 0);
    if (keys.every(({ width_bits }) => width_bits !== 0)) check(label, 'width in bits', width, own.width);
  }
}

function checkCounters(info: P4InfoIndex, program: Program): void {
  const indirect = program.counters.filter(({ table }) => table === undefined);
  for (const [what, counter, own] of pairs('counter', info.counters, indirect))
    check(what, 'number of cells', Number(counter.size), own.size);
  const direct = program.counters.filter(({ table }) => table !== undefined);
  for (const [what, counter, own] of pairs('direct counter', info.direct_counters, direct))
    check(what, 'table', tableName(info, counter), own.table);
}

function checkMeters(info: P4InfoIndex, program: Program): void {
  const indirect = program.meters.filter(({ result }) => result === undefined);
  for (const [what, meter, own] of pairs('meter', info.meters, indirect)) {
    check(what, 'number of cells', Number(meter.size), own.size);
    check(what, 'unit', unitOf(meter.spec?.unit), own.unit);
  }
  const direct = program.meters.filter(({ result }) => result !== undefined);
  const tables = [...tablesOf(program).values()];
  for (const [what, meter, own] of pairs('direct meter', info.direct_meters, direct)) {
    check(what, 'unit', unitOf(meter.spec?.unit), own.unit);
    const table = tables.find(({ direct_meter }) => direct_meter === own);
    check(what, 'table', tableName(info, meter), table?.name);
  }
}

function checkRegisters(info: P4InfoIndex, program: Program): void {
  for (const [what, register, own] of pairs('register', info.registers, program.registers)) {
    check(what, 'number of cells', register.size, own.size);
    checkWidths(what, typeWidths(register.typeSpec, info.types), [own.width]);
  }
}

function checkDigests(info: P4InfoIndex, program: Program): void {
  const found = new Set<string>();
  for (const own of program.digests.values()) {
    const digest = info.digests_by_name.get(own.name);
    if (digest === undefined) throw leftOut(`digest ${own.name}`);
    found.add(nameOf(digest));
    checkWidths(`digest ${own.name}`, typeWidths(digest.typeSpec, info.types), fieldWidths(own));
  }
  for (const digest of info.digests.values())
    if (!found.has(nameOf(digest))) throw missing(`digest ${nameOf(digest)}`);
}

function checkPacketHeader(
  { types }: P4InfoIndex,
  header: ControllerPacketMetadata | undefined,
  program: Program,
): void {
  if (header === undefined) return;
  let different: (() => void) | undefined;
  for (const fields of controllerHeaders(header, program)) {
    const index = header.metadata.findIndex((field, i) => {
      return !isTranslated(types, field) && field.bitwidth !== fields[i]?.width;
    });
    if (index < 0) return;
    const [found, own] = [header.metadata[index], fields[index]];
    different ??= () =>
      check(nameOf(header), `width in bits of metadata ${found?.name}`, found?.bitwidth, own?.width);
  }
  different?.();
}

function fieldWidths({ elements }: FieldList): (number | undefined)[] {
  return elements.map((element) => (element.kind === 'field' ? element.field.width : undefined));
}

type Widths = (number | undefined)[] | undefined;

/** Widths that are undefined are any. */
function checkWidths(what: string, found: Widths, expected: (number | undefined)[]): void {
  if (found === undefined) throw mismatch(`${what}: its type is missing or not known`);
  check(what, 'number of values', found.length, expected.length);
  found.forEach((width, i) => {
    const own = expected[i];
    if (width !== undefined && own !== undefined) check(what, `width in bits of value ${i + 1}`, width, own);
  });
}

/** What P4Info and the program both have, by name; throws for what only one of them has. */
function pairs<Spec extends Parameters<typeof nameOf>[0], Own extends { name: string }>(
  kind: string,
  specs: ReadonlyMap<number, Spec>,
  own: readonly Own[],
): [string, Spec, Own][] {
  const left = new Map(own.map((object) => [object.name, object]));
  const found = [...specs.values()].map((spec): [string, Spec, Own] => {
    const name = nameOf(spec);
    const twin = left.get(name);
    if (twin === undefined) throw missing(`${kind} ${name}`);
    return [`${kind} ${name}`, spec, twin];
  });
  for (const [, , { name }] of found) left.delete(name);
  for (const name of left.keys()) throw leftOut(`${kind} ${name}`);
  return found;
}

function tableName(info: P4InfoIndex, { directTableId }: DirectCounter | DirectMeter): string | undefined {
  return info.tables.get(directTableId)?.name;
}

function unitOf(unit: MeterSpec_Unit | undefined): string {
  if (unit === MeterSpec_Unit.BYTES) return 'bytes';
  return unit === MeterSpec_Unit.PACKETS ? 'packets' : 'unspecified';
}

type Value = string | number | boolean | undefined;

function check(what: string, property: string, found: Value, expected: Value): void {
  if (found === expected) return;
  throw mismatch(`${what}: ${property} is ${found ?? 'none'}, in the program ${expected ?? 'none'}`);
}

function missing(what: string): RpcError {
  return mismatch(`${what} is not in the program`);
}

function leftOut(what: string): RpcError {
  return mismatch(`${what} of the program is not in P4Info`);
}

function mismatch(problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `P4Info does not match p4_device_config: ${problem}`);
}
