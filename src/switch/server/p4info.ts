import {
  MatchField_MatchType,
  type ActionInfo,
  type ActionInfo_Param,
  type ActionProfile,
  type ControllerPacketMetadata,
  type Counter,
  type Digest,
  type DirectCounter,
  type DirectMeter,
  type MatchField,
  type Meter,
  type P4Info,
  type P4TypeInfo,
  type Preamble,
  type Register,
  type Table,
  type ValueSet,
} from 'p4runtime-js';
import { RpcError } from './rpc_error';

export type MatchKind = 'exact' | 'lpm' | 'ternary' | 'range' | 'optional';

export interface KeyField {
  id: number;
  name: string;
  /** 0: of a type that P4Info gives no width, whose values cannot be written. */
  width_bits: number;
  kind: MatchKind;
}

export interface ActionSpec {
  id: number;
  name: string;
  params: { id: number; name: string; width_bits: number }[];
}

export interface TableSpec {
  id: number;
  name: string;
  /** "table NAME", for errors. */
  label: string;
  /** In the order of the program's key. */
  keys: KeyField[];
  /** Entries of this table have a priority. */
  has_priority: boolean;
  /** By id; whether an entry and whether the default may use it. */
  actions: Map<number, { action: ActionSpec; in_entries: boolean; as_default: boolean }>;
  actions_by_name: Map<string, ActionSpec>;
  /** Ids that refer to no action: p4c does not describe `@hidden` ones. */
  hidden_actions: number[];
  is_const: boolean;
  /** The program has entries for it. */
  has_initial_entries: boolean;
  has_const_default: boolean;
  has_idle_timeout: boolean;
  direct_counter: DirectCounter | undefined;
  /** What entries name members, groups or action sets of; undefined: they have actions. */
  profile: ActionProfile | undefined;
  direct_meter: DirectMeter | undefined;
}

export interface ValueSetSpec {
  id: number;
  name: string;
  /** "value set NAME", for errors. */
  label: string;
  keys: KeyField[];
  /** Members it holds at most. */
  size: number;
}

const MATCH_KINDS: Partial<Record<MatchField_MatchType, MatchKind>> = {
  [MatchField_MatchType.EXACT]: 'exact',
  [MatchField_MatchType.LPM]: 'lpm',
  [MatchField_MatchType.TERNARY]: 'ternary',
  [MatchField_MatchType.RANGE]: 'range',
  [MatchField_MatchType.OPTIONAL]: 'optional',
};

/** P4Info by id and by name, checked once so that requests need not check it again. */
export class P4InfoIndex {
  readonly tables = new Map<number, TableSpec>();
  readonly tables_by_name = new Map<string, TableSpec>();
  readonly actions = new Map<number, ActionSpec>();
  readonly action_profiles: Map<number, ActionProfile>;
  readonly value_sets = new Map<number, ValueSetSpec>();
  readonly counters: Map<number, Counter>;
  readonly direct_counters: Map<number, DirectCounter>;
  readonly meters: Map<number, Meter>;
  readonly direct_meters: Map<number, DirectMeter>;
  readonly registers: Map<number, Register>;
  readonly digests: Map<number, Digest>;
  readonly digests_by_name = new Map<string, Digest>();
  readonly packet_in: ControllerPacketMetadata | undefined;
  readonly packet_out: ControllerPacketMetadata | undefined;
  readonly types: P4TypeInfo | undefined;

  /** Throws RpcError INVALID_ARGUMENT for a P4Info at odds with itself, UNIMPLEMENTED for what is not done here. */
  constructor(readonly info: P4Info) {
    for (const action of info.actions) this.actions.set(idOf('action', action), actionSpec(action));
    this.direct_counters = byId('direct counter', info.directCounters);
    this.direct_meters = byId('direct meter', info.directMeters);
    this.action_profiles = byId('action profile', info.actionProfiles);
    for (const [id, set] of byId('value set', info.valueSets)) this.value_sets.set(id, valueSetSpec(id, set));
    for (const table of info.tables) {
      const spec = this.tableSpec(table);
      if (this.tables.has(spec.id)) throw invalid(`two tables have id ${spec.id}`);
      this.tables.set(spec.id, spec);
      this.tables_by_name.set(spec.name, spec);
    }
    this.counters = byId('counter', info.counters);
    this.meters = byId('meter', info.meters);
    this.registers = byId('register', info.registers);
    this.digests = byId('digest', info.digests);
    for (const digest of info.digests) this.digests_by_name.set(nameOf(digest), digest);
    const packets = info.controllerPacketMetadata;
    this.packet_in = packets.find((header) => nameOf(header) === 'packet_in');
    this.packet_out = packets.find((header) => nameOf(header) === 'packet_out');
    this.types = info.typeInfo;
  }

  table(id: number): TableSpec {
    return found(this.tables, 'table', id);
  }

  actionProfile(id: number): ActionProfile {
    return found(this.action_profiles, 'action profile', id);
  }

  valueSet(id: number): ValueSetSpec {
    return found(this.value_sets, 'value set', id);
  }

  private tableSpec(table: Table): TableSpec {
    const name = nameOf(table);
    const label = `table ${name}`;
    const keys = table.matchFields.map((field) => keyField(label, field));
    const { implementationId } = table;
    const profile = this.action_profiles.get(implementationId);
    if (implementationId !== 0 && profile === undefined)
      throw invalid(`${label} refers to action profile ${implementationId}, which does not exist`);
    const actions: TableSpec['actions'] = new Map();
    const actions_by_name: TableSpec['actions_by_name'] = new Map();
    const hidden_actions: number[] = [];
    for (const ref of table.actionRefs) {
      const action = this.actions.get(ref.id);
      if (action === undefined) {
        hidden_actions.push(ref.id);
        continue;
      }
      // scope: 1 is TABLE_ONLY, 2 is DEFAULT_ONLY
      const scope: number = ref.scope;
      actions.set(ref.id, { action, in_entries: scope !== 2, as_default: scope !== 1 });
      actions_by_name.set(action.name, action);
    }
    const resources = new Set(table.directResourceIds);
    return {
      id: idOf('table', table),
      name,
      label,
      keys,
      has_priority: keys.some(({ kind }) => kind === 'ternary' || kind === 'range' || kind === 'optional'),
      actions,
      actions_by_name,
      hidden_actions,
      is_const: table.isConstTable,
      has_initial_entries: table.hasInitialEntries,
      has_const_default: table.constDefaultActionId !== 0,
      // Table.IdleTimeoutBehavior NOTIFY_CONTROL
      has_idle_timeout: (table.idleTimeoutBehavior as number) === 1,
      direct_counter: [...this.direct_counters].find(([id]) => resources.has(id))?.[1],
      profile,
      direct_meter: [...this.direct_meters].find(([id]) => resources.has(id))?.[1],
    };
  }
}

/** INVALID_ARGUMENT, as BMv2 says it, where the P4Info has nothing of that kind and id. */
export function found<T>(map: ReadonlyMap<number, T>, kind: string, id: number): T {
  const object = map.get(id);
  if (object === undefined) throw new RpcError('INVALID_ARGUMENT', `the P4Info has no ${kind} with id ${id}`);
  return object;
}

interface WithPreamble {
  preamble: Preamble | undefined;
}

export function nameOf(object: WithPreamble): string {
  return object.preamble?.name ?? '';
}

export function idOf(kind: string, object: WithPreamble): number {
  const id = object.preamble?.id ?? 0;
  if (id === 0) throw invalid(`a ${kind} "${nameOf(object)}" has no id`);
  return id;
}

function invalid(message: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `P4Info: ${message}`);
}

function byId<T extends WithPreamble>(kind: string, objects: T[]): Map<number, T> {
  const map = new Map<number, T>();
  for (const object of objects) {
    const id = idOf(kind, object);
    if (map.has(id)) throw invalid(`two ${kind}s have id ${id}`);
    map.set(id, object);
  }
  return map;
}

function valueSetSpec(id: number, set: ValueSet): ValueSetSpec {
  const name = nameOf(set);
  const label = `value set ${name}`;
  return { id, name, label, keys: set.match.map((field) => keyField(label, field)), size: set.size };
}

function keyField(label: string, field: MatchField): KeyField {
  const kind = field.match?.$case === 'matchType' ? MATCH_KINDS[field.match.value] : undefined;
  if (kind === undefined) {
    throw new RpcError('UNIMPLEMENTED', `P4Info: ${label}, key ${field.name}: unknown match type`);
  }
  return {
    id: field.id,
    name: field.name,
    width_bits: field.bitwidth,
    kind,
  };
}

function actionSpec(action: ActionInfo): ActionSpec {
  const name = nameOf(action);
  return {
    id: idOf('action', action),
    name,
    params: action.params.map((param: ActionInfo_Param) => ({
      id: param.id,
      name: param.name,
      width_bits: param.bitwidth,
    })),
  };
}
