/** What a Read asks for: wildcards by name (specification, "Read RPC"). */
import { Entity as WireEntity, type DeepPartial } from 'p4runtime-js';
import { EncodingError } from './errors';
import type { P4Schema } from './p4info';
import { encodeTableKey, type TableEntry } from './table_entry';

export interface TableReadOptions {
  /** Also read direct counters, where the table has them. */
  counters?: boolean;
  /** Also read the time since an entry was last hit, where the table has idle timeouts. */
  idle?: boolean;
  /** Also read default actions, before the entries. */
  defaults?: boolean;
  /** Also read the configuration of direct meters, where the table has them. */
  meters?: boolean;
}

type WireFilter = NonNullable<WireEntity['entity']>;

function filter(entity: DeepPartial<WireFilter>): WireEntity {
  return WireEntity.fromPartial({ entity });
}

/** One request entity per table, so that each table is asked only for what it has. */
export function tableFilters(
  schema: P4Schema,
  table: string | undefined,
  { counters = false, idle = false, defaults = false, meters = false }: TableReadOptions = {},
): WireEntity[] {
  const tables = table === undefined ? [...schema.tables] : [schema.tables.get(table)];
  return tables.flatMap(({ id, has_idle_timeout, direct_counter, direct_meter, action_profile }) => {
    const counter = counters && direct_counter !== undefined ? { counterData: {} } : {};
    const elapsed = idle && has_idle_timeout ? { timeSinceLastHit: {} } : {};
    const meter = meters && direct_meter !== undefined ? { meterConfig: {} } : {};
    const entries = filter({ $case: 'tableEntry', value: { tableId: id, ...counter, ...meter, ...elapsed } });
    if (!defaults || action_profile !== undefined) return [entries];
    return [
      filter({ $case: 'tableEntry', value: { tableId: id, isDefaultAction: true, ...counter, ...meter } }),
      entries,
    ];
  });
}

/** The entry of that table, match and priority. */
export function entryFilter(schema: P4Schema, entry: TableEntry, options: TableReadOptions = {}): WireEntity {
  const { direct_counter, has_idle_timeout } = schema.tables.get(entry.table);
  const value = {
    ...encodeTableKey(schema, entry),
    ...(options.counters === true && direct_counter !== undefined && { counterData: {} }),
    ...(options.idle === true && has_idle_timeout && entry.is_default !== true && { timeSinceLastHit: {} }),
  };
  return filter({ $case: 'tableEntry', value });
}

export function directCounterFilter(schema: P4Schema, table: string): WireEntity {
  const { id, name, direct_counter } = schema.tables.get(table);
  if (direct_counter === undefined) {
    throw new EncodingError(`table ${name}`, 'counter', 'the table has no direct counter');
  }
  return filter({ $case: 'directCounterEntry', value: { tableEntry: { tableId: id } } });
}

function indexOf(index: number | undefined): { index?: { index: bigint } } {
  return index === undefined ? {} : { index: { index: BigInt(index) } };
}

export function counterFilter(schema: P4Schema, counter: string, index?: number): WireEntity {
  const counterId = schema.counters.get(counter).id;
  return filter({ $case: 'counterEntry', value: { counterId, ...indexOf(index) } });
}

export function meterFilter(schema: P4Schema, meter: string, index?: number): WireEntity {
  return filter({ $case: 'meterEntry', value: { meterId: schema.meters.get(meter).id, ...indexOf(index) } });
}

export function registerFilter(schema: P4Schema, register: string, index?: number): WireEntity {
  const registerId = schema.registers.get(register).id;
  return filter({ $case: 'registerEntry', value: { registerId, ...indexOf(index) } });
}

/** Absent: all groups. */
export function multicastGroupFilter(multicast_group = 0): WireEntity {
  return filter({
    $case: 'packetReplicationEngineEntry',
    value: { type: { $case: 'multicastGroupEntry', value: { multicastGroupId: multicast_group } } },
  });
}

/** Absent: all sessions. */
export function cloneSessionFilter(clone_session = 0): WireEntity {
  return filter({
    $case: 'packetReplicationEngineEntry',
    value: { type: { $case: 'cloneSessionEntry', value: { sessionId: clone_session } } },
  });
}

/** One request entity per digest: BMv2 has no wildcard here (quirk no_digest_wildcard). */
export function digestFilters(schema: P4Schema): WireEntity[] {
  return [...schema.digests].map(({ id }) => filter({ $case: 'digestEntry', value: { digestId: id } }));
}

/** Absent: all sets. */
export function valueSetFilter(schema: P4Schema, value_set?: string): WireEntity {
  const valueSetId = value_set === undefined ? 0 : schema.value_sets.get(value_set).id;
  return filter({ $case: 'valueSetEntry', value: { valueSetId } });
}

/** Members, then groups. */
export function actionProfileFilters(schema: P4Schema, action_profile: string): WireEntity[] {
  const { id, info } = schema.action_profiles.get(action_profile);
  const members = filter({ $case: 'actionProfileMember', value: { actionProfileId: id } });
  if (!info.withSelector) return [members];
  return [members, filter({ $case: 'actionProfileGroup', value: { actionProfileId: id } })];
}
