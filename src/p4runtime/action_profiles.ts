/** Members and groups of action profiles and selectors by name <-> ActionProfileMember, ActionProfileGroup. */
import type { ActionProfileGroup, ActionProfileMember } from 'p4runtime-js';
import { decodeActionCall, encodeActionCall, type ActionCall } from './action';
import { EncodingError } from './errors';
import type { P4Schema, TableSchema } from './p4info';

export interface ProfileMember {
  action_profile: string;
  member_id: number;
  /** Not needed to delete. */
  action?: ActionCall;
}

export interface GroupMember {
  member_id: number;
  /** At least 1. */
  weight: number;
  /** The member is skipped while this port is down. */
  watch_port?: Uint8Array;
}

export interface ProfileGroup {
  action_profile: string;
  group_id: number;
  members: GroupMember[];
  /** Fixed when the group is inserted; 0: the target decides. */
  max_size?: number;
}

/** The tables of a profile share their actions, so any of them tells what a member may do. */
function tableOf(schema: P4Schema, profile: string): TableSchema {
  const { name, info } = schema.action_profiles.get(profile);
  const [table_id] = info.tableIds;
  if (table_id === undefined) throw new EncodingError(`action profile ${name}`, 'action', 'no table uses it');
  return schema.tables.getById(table_id);
}

export function encodeProfileMember(schema: P4Schema, member: ProfileMember): ActionProfileMember {
  const { id, name } = schema.action_profiles.get(member.action_profile);
  const object = `action profile ${name} member ${member.member_id}`;
  return {
    actionProfileId: id,
    memberId: member.member_id,
    action: member.action && encodeActionCall(object, tableOf(schema, name), member.action, 'entry'),
  };
}

export function decodeProfileMember(schema: P4Schema, wire: ActionProfileMember): ProfileMember {
  return {
    action_profile: schema.action_profiles.getById(wire.actionProfileId).name,
    member_id: wire.memberId,
    ...(wire.action && { action: decodeActionCall(schema, wire.action) }),
  };
}

export function encodeProfileGroup(schema: P4Schema, group: ProfileGroup): ActionProfileGroup {
  const { id, name, info } = schema.action_profiles.get(group.action_profile);
  const object = `action profile ${name} group ${group.group_id}`;
  if (!info.withSelector)
    throw new EncodingError(object, 'group_id', 'the profile has no selector, so no groups');
  return {
    actionProfileId: id,
    groupId: group.group_id,
    members: group.members.map(({ member_id, weight, watch_port }) => {
      if (!Number.isInteger(weight) || weight < 1) {
        throw new EncodingError(
          object,
          `weight of member ${member_id}`,
          `${weight} is not a whole number above 0`,
        );
      }
      return {
        memberId: member_id,
        weight,
        watchKind: watch_port && { $case: 'watchPort', value: Buffer.from(watch_port) },
      };
    }),
    maxSize: group.max_size ?? 0,
  };
}

export function decodeProfileGroup(schema: P4Schema, wire: ActionProfileGroup): ProfileGroup {
  return {
    action_profile: schema.action_profiles.getById(wire.actionProfileId).name,
    group_id: wire.groupId,
    members: wire.members.map(({ memberId, weight, watchKind }) => ({
      member_id: memberId,
      weight,
      ...(watchKind?.$case === 'watchPort' && { watch_port: watchKind.value }),
    })),
    ...(wire.maxSize !== 0 && { max_size: wire.maxSize }),
  };
}
