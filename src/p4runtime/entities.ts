/**
 * Everything P4Runtime can write or read, by name. An entity names its object with a word of its own kind:
 * `{ table: ... }`, `{ multicast_group: ... }`, `{ counter: ... }`.
 */
import { Update_Type, type Entity as WireEntity, type Update as WireUpdate } from 'p4runtime-js';
import {
  decodeProfileGroup,
  decodeProfileMember,
  encodeProfileGroup,
  encodeProfileMember,
  type ProfileGroup,
  type ProfileMember,
} from './action_profiles';
import { decodeCounterCell, encodeCounterCell, type CounterCell } from './counters';
import { decodeDigestConfig, encodeDigestConfig, type DigestConfig } from './digest';
import {
  decodeDirectCounterCell,
  decodeDirectMeterCell,
  encodeDirectCounterCell,
  encodeDirectMeterCell,
  type DirectCounterCell,
  type DirectMeterCell,
} from './direct_resources';
import { P4InfoMismatchError } from './errors';
import { decodeMeterCell, encodeMeterCell, type MeterCell } from './meters';
import type { P4Schema } from './p4info';
import { decodeRegisterCell, encodeRegisterCell, type RegisterCell } from './registers';
import {
  decodeReplication,
  encodeCloneSession,
  encodeMulticastGroup,
  type CloneSession,
  type MulticastGroup,
  type ReplicaPortForm,
} from './replication';
import {
  decodeTableEntry,
  encodeTableEntry,
  formatTableKey,
  type TableEntry,
  type TableEntryState,
} from './table_entry';
import { decodeValueSet, encodeValueSet, type ValueSet } from './value_sets';

type NonTableEntity =
  | ProfileMember
  | ProfileGroup
  | CounterCell
  | DirectCounterCell
  | MeterCell
  | DirectMeterCell
  | MulticastGroup
  | CloneSession
  | ValueSet
  | RegisterCell
  | DigestConfig;

/** What can be written. */
export type Entity = TableEntry | NonTableEntity;
/** What is read. */
export type EntityState = TableEntryState | NonTableEntity;

export type UpdateType = 'insert' | 'modify' | 'delete';

export interface Update {
  type: UpdateType;
  entity: Entity;
}

/** What an encoded entity depends on beyond the P4Info. */
export interface EncodingOptions {
  replica_port?: ReplicaPortForm;
}

const WIRE_TYPE = {
  insert: Update_Type.INSERT,
  modify: Update_Type.MODIFY,
  delete: Update_Type.DELETE,
} as const;

/** Throws EncodingError, or P4InfoMismatchError for names the P4Info does not have. */
export function encodeEntity(
  schema: P4Schema,
  entity: Entity,
  use: UpdateType = 'insert',
  { replica_port = 'port' }: EncodingOptions = {},
): WireEntity {
  const wire = (value: NonNullable<WireEntity['entity']>): WireEntity => ({ entity: value });
  if ('table' in entity) return wire({ $case: 'tableEntry', value: encodeTableEntry(schema, entity, use) });
  if ('multicast_group' in entity) {
    const value = encodeMulticastGroup(entity, replica_port);
    return wire({ $case: 'packetReplicationEngineEntry', value });
  }
  if ('clone_session' in entity) {
    const value = encodeCloneSession(entity, replica_port);
    return wire({ $case: 'packetReplicationEngineEntry', value });
  }
  if ('counter' in entity) return wire({ $case: 'counterEntry', value: encodeCounterCell(schema, entity) });
  if ('direct_counter_of' in entity) {
    return wire({ $case: 'directCounterEntry', value: encodeDirectCounterCell(schema, entity) });
  }
  if ('meter' in entity) return wire({ $case: 'meterEntry', value: encodeMeterCell(schema, entity) });
  if ('direct_meter_of' in entity) {
    return wire({ $case: 'directMeterEntry', value: encodeDirectMeterCell(schema, entity) });
  }
  if ('register' in entity)
    return wire({ $case: 'registerEntry', value: encodeRegisterCell(schema, entity) });
  if ('digest' in entity) return wire({ $case: 'digestEntry', value: encodeDigestConfig(schema, entity) });
  if ('value_set' in entity) return wire({ $case: 'valueSetEntry', value: encodeValueSet(schema, entity) });
  if ('member_id' in entity) {
    return wire({ $case: 'actionProfileMember', value: encodeProfileMember(schema, entity) });
  }
  return wire({ $case: 'actionProfileGroup', value: encodeProfileGroup(schema, entity) });
}

/** Throws P4InfoMismatchError for what the P4Info does not have, and for extern entities. */
export function decodeEntity(schema: P4Schema, wire: WireEntity): EntityState {
  const entity = wire.entity;
  switch (entity?.$case) {
    case 'tableEntry':
      return decodeTableEntry(schema, entity.value);
    case 'actionProfileMember':
      return decodeProfileMember(schema, entity.value);
    case 'actionProfileGroup':
      return decodeProfileGroup(schema, entity.value);
    case 'meterEntry':
      return decodeMeterCell(schema, entity.value);
    case 'directMeterEntry':
      return decodeDirectMeterCell(schema, entity.value);
    case 'counterEntry':
      return decodeCounterCell(schema, entity.value);
    case 'directCounterEntry':
      return decodeDirectCounterCell(schema, entity.value);
    case 'packetReplicationEngineEntry':
      return decodeReplication(entity.value);
    case 'valueSetEntry':
      return decodeValueSet(schema, entity.value);
    case 'registerEntry':
      return decodeRegisterCell(schema, entity.value);
    case 'digestEntry':
      return decodeDigestConfig(schema, entity.value);
    case 'externEntry':
    case undefined:
      throw new P4InfoMismatchError(
        `the target sent an entity of an unknown kind (${entity?.$case ?? 'none'})`,
      );
  }
}

export function encodeUpdate(schema: P4Schema, update: Update, options?: EncodingOptions): WireUpdate {
  return { type: WIRE_TYPE[update.type], entity: encodeEntity(schema, update.entity, update.type, options) };
}

/** For messages: what it is and its key. */
export function formatEntity(entity: Entity): string {
  if ('table' in entity) return formatTableKey(entity);
  if ('multicast_group' in entity) return `multicast group ${entity.multicast_group}`;
  if ('clone_session' in entity) return `clone session ${entity.clone_session}`;
  if ('counter' in entity) return `counter ${entity.counter}[${entity.index}]`;
  if ('direct_counter_of' in entity) return `counter of ${formatTableKey(entity.direct_counter_of)}`;
  if ('meter' in entity) return `meter ${entity.meter}[${entity.index}]`;
  if ('direct_meter_of' in entity) return `meter of ${formatTableKey(entity.direct_meter_of)}`;
  if ('register' in entity) return `register ${entity.register}[${entity.index}]`;
  if ('digest' in entity) return `digest ${entity.digest}`;
  if ('value_set' in entity) return `value set ${entity.value_set}`;
  if ('member_id' in entity) return `action profile ${entity.action_profile} member ${entity.member_id}`;
  return `action profile ${entity.action_profile} group ${entity.group_id}`;
}

export function formatUpdate(update: Update): string {
  return `${update.type} ${formatEntity(update.entity)}`;
}
