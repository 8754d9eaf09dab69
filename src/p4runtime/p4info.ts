/** P4Info with its objects found by name, alias or id (specification, "P4Info message"). */
import {
  MatchField_MatchType,
  Table_IdleTimeoutBehavior,
  type ActionInfo,
  type ActionProfile,
  type ActionRef,
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
import { P4InfoError, P4InfoMismatchError } from './errors';
import { parseP4InfoText, readP4InfoFile } from './p4info_text';

export type MatchKind = 'exact' | 'lpm' | 'ternary' | 'range' | 'optional';

/** A value of `width_bits` bits: a key field, an action parameter, a packet metadata field. */
export interface FieldInfo {
  id: number;
  name: string;
  /** 0 if the controller sees this value as a string (a type translated to sdn_string). */
  width_bits: number;
}

export interface KeyFieldInfo extends FieldInfo {
  kind: MatchKind;
}

interface Named {
  id: number;
  /** Fully qualified, such as `ingress.select_store.slot`. */
  name: string;
  alias: string;
}

export interface ActionSchema extends Named {
  params: FieldInfo[];
}

export interface TableSchema extends Named {
  key: KeyFieldInfo[];
  actions: ActionSchema[];
  /** Scope per action id. */
  action_refs: ReadonlyMap<number, ActionRef>;
  /** Whether entries carry a priority: some key field is ternary, range or optional. */
  has_priority: boolean;
  has_idle_timeout: boolean;
  is_const: boolean;
  size: number;
  const_default_action: ActionSchema | undefined;
  /** Present for tables whose action is chosen through an action profile or selector. */
  action_profile: ObjectSchema<ActionProfile> | undefined;
  direct_counter: ObjectSchema<DirectCounter> | undefined;
  direct_meter: ObjectSchema<DirectMeter> | undefined;
  info: Table;
}

/** A P4Info object that needs nothing beyond its message. */
export interface ObjectSchema<T> extends Named {
  info: T;
}

export interface PacketMetadataSchema extends Named {
  fields: FieldInfo[];
}

/** Objects of one kind. A name is fully qualified or an alias no other object of the kind has. */
export class Objects<T extends Named> implements Iterable<T> {
  readonly #by_id = new Map<number, T>();
  readonly #by_name = new Map<string, T>();
  readonly #by_alias = new Map<string, T | 'ambiguous'>();

  constructor(
    /** Such as `table`. */
    readonly kind: string,
    /** Where the P4Info came from. */
    readonly file: string,
    objects: Iterable<T>,
  ) {
    for (const object of objects) {
      if (this.#by_id.has(object.id)) {
        throw new P4InfoError(file, undefined, `${kind} ${object.name}: id ${object.id} is used twice`);
      }
      if (this.#by_name.has(object.name)) {
        throw new P4InfoError(file, undefined, `${kind} ${object.name}: name is used twice`);
      }
      this.#by_id.set(object.id, object);
      this.#by_name.set(object.name, object);
      this.#by_alias.set(object.alias, this.#by_alias.has(object.alias) ? 'ambiguous' : object);
    }
  }

  find(name: string): T | undefined {
    const object = this.#by_name.get(name) ?? this.#by_alias.get(name);
    return object === 'ambiguous' ? undefined : object;
  }

  findById(id: number): T | undefined {
    return this.#by_id.get(id);
  }

  /** Throws P4InfoMismatchError naming what there is. */
  get(name: string): T {
    const object = this.find(name);
    if (object !== undefined) return object;
    const why =
      this.#by_alias.get(name) === 'ambiguous'
        ? `${this.kind} ${name} is ambiguous`
        : `no ${this.kind} ${name}`;
    const names = [...this.#by_name.keys()];
    throw new P4InfoMismatchError(
      `${this.file}: ${why}; ${names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`}`,
    );
  }

  /** For ids a target sent. Throws P4InfoMismatchError. */
  getById(id: number): T {
    const object = this.#by_id.get(id);
    if (object !== undefined) return object;
    throw new P4InfoMismatchError(
      `${this.file}: no ${this.kind} with id ${id}: the target runs another program than this P4Info's`,
    );
  }

  get size(): number {
    return this.#by_id.size;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#by_id.values();
  }
}

const MATCH_KINDS: ReadonlyMap<MatchField_MatchType, MatchKind> = new Map([
  [MatchField_MatchType.EXACT, 'exact'],
  [MatchField_MatchType.LPM, 'lpm'],
  [MatchField_MatchType.TERNARY, 'ternary'],
  [MatchField_MatchType.RANGE, 'range'],
  [MatchField_MatchType.OPTIONAL, 'optional'],
]);

/** `object` is whose key it is, such as `table ingress.slot`. Throws P4InfoError for match kinds of other targets. */
export function keyFieldOf(file: string, object: string, field: MatchField): KeyFieldInfo {
  const kind = field.match?.$case === 'matchType' ? MATCH_KINDS.get(field.match.value) : undefined;
  if (kind === undefined) {
    const given = field.match === undefined ? 'none' : field.match.value;
    throw new P4InfoError(
      file,
      undefined,
      `${object}: key ${field.name}: match kind ${given} is not supported`,
    );
  }
  return { id: field.id, name: field.name, width_bits: field.bitwidth, kind };
}

/** The index itself: built once for a program, then only read. */
export class P4Schema {
  readonly tables: Objects<TableSchema>;
  readonly actions: Objects<ActionSchema>;
  readonly action_profiles: Objects<ObjectSchema<ActionProfile>>;
  readonly counters: Objects<ObjectSchema<Counter>>;
  readonly direct_counters: Objects<ObjectSchema<DirectCounter>>;
  readonly meters: Objects<ObjectSchema<Meter>>;
  readonly direct_meters: Objects<ObjectSchema<DirectMeter>>;
  readonly registers: Objects<ObjectSchema<Register>>;
  readonly digests: Objects<ObjectSchema<Digest>>;
  readonly value_sets: Objects<ObjectSchema<ValueSet>>;
  readonly types: P4TypeInfo | undefined;
  /** Undefined where the program declares no header of that kind. */
  readonly packet_in: PacketMetadataSchema | undefined;
  readonly packet_out: PacketMetadataSchema | undefined;

  /** Throws P4InfoError. */
  constructor(
    readonly p4info: P4Info,
    /** A file name, or another word for where it came from. */
    readonly file = 'P4Info',
  ) {
    const objects = <T extends { preamble: Preamble | undefined }>(kind: string, infos: T[]) =>
      new Objects(
        kind,
        file,
        infos.map((info) => ({ ...this.#name(kind, info.preamble), info })),
      );
    this.actions = new Objects(
      'action',
      file,
      p4info.actions.map((info) => this.#action(info)),
    );
    this.action_profiles = objects('action profile', p4info.actionProfiles);
    this.counters = objects('counter', p4info.counters);
    this.direct_counters = objects('direct counter', p4info.directCounters);
    this.meters = objects('meter', p4info.meters);
    this.direct_meters = objects('direct meter', p4info.directMeters);
    this.registers = objects('register', p4info.registers);
    this.digests = objects('digest', p4info.digests);
    this.value_sets = objects('value set', p4info.valueSets);
    this.tables = new Objects(
      'table',
      file,
      p4info.tables.map((info) => this.#table(info)),
    );
    this.types = p4info.typeInfo;
    const headers = p4info.controllerPacketMetadata.map((info) => this.#packetMetadata(info));
    this.packet_in = headers.find((header) => header.name === 'packet_in');
    this.packet_out = headers.find((header) => header.name === 'packet_out');
  }

  /** Parses protobuf text format. Throws P4InfoError naming file and line. */
  static parse(text: string, file: string): P4Schema {
    return new P4Schema(parseP4InfoText(text, file), file);
  }

  /** Reads a `.p4info.txtpb` file. Throws P4InfoError naming file and line. */
  static load(file: string): P4Schema {
    return new P4Schema(readP4InfoFile(file), file);
  }

  #fail(problem: string): never {
    throw new P4InfoError(this.file, undefined, problem);
  }

  #name(kind: string, preamble: Preamble | undefined): Named {
    if (preamble === undefined) return this.#fail(`a ${kind} has no preamble`);
    const { id, name, alias } = preamble;
    if (id === 0 || name === '')
      return this.#fail(`a ${kind} has no id or no name (id ${id}, name "${name}")`);
    return { id, name, alias };
  }

  #action(info: ActionInfo): ActionSchema {
    const params = info.params.map(({ id, name, bitwidth }) => ({ id, name, width_bits: bitwidth }));
    return { ...this.#name('action', info.preamble), params };
  }

  #packetMetadata(info: ControllerPacketMetadata): PacketMetadataSchema {
    const fields = info.metadata.map(({ id, name, bitwidth }) => ({ id, name, width_bits: bitwidth }));
    return { ...this.#name('controller packet metadata', info.preamble), fields };
  }

  #table(info: Table): TableSchema {
    const named = this.#name('table', info.preamble);
    const key = info.matchFields.map((field) => keyFieldOf(this.file, `table ${named.name}`, field));
    const actionOf = (id: number): ActionSchema =>
      this.actions.findById(id) ?? this.#fail(`table ${named.name}: no action with id ${id}`);
    const profile = info.implementationId;
    return {
      ...named,
      key,
      actions: info.actionRefs.map(({ id }) => actionOf(id)),
      action_refs: new Map(info.actionRefs.map((ref) => [ref.id, ref])),
      has_priority: key.some(({ kind }) => kind === 'ternary' || kind === 'range' || kind === 'optional'),
      has_idle_timeout: info.idleTimeoutBehavior === Table_IdleTimeoutBehavior.NOTIFY_CONTROL,
      is_const: info.isConstTable,
      size: Number(info.size),
      const_default_action: info.constDefaultActionId === 0 ? undefined : actionOf(info.constDefaultActionId),
      action_profile:
        profile === 0
          ? undefined
          : (this.action_profiles.findById(profile) ??
            this.#fail(`table ${named.name}: no action profile with id ${profile}`)),
      direct_counter: [...this.direct_counters].find(
        ({ info: counter }) => counter.directTableId === named.id,
      ),
      direct_meter: [...this.direct_meters].find(({ info: meter }) => meter.directTableId === named.id),
      info,
    };
  }
}
