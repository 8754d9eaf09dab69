import {
  Update_Type,
  type ActionProfile,
  type ActionProfileGroup,
  type ActionProfileMember,
  type Entity,
} from 'p4runtime-js';
import type { ProfileGroup } from '../../engine';
import { engineCall, type Dataplane } from '../../worker/dataplane';
import type { EngineCall } from '../../worker/engine_calls';
import { nameOf, type P4InfoIndex, type TableSpec } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import { decodeAction, encodeAction } from './action';
import type { PreparedUpdate } from './prepared';
import { decodeWatchPort, encodeWatchPort } from './watch_port';

/** The sizes that P4Info gives action profiles. */
export function profileLimitCalls(info: P4InfoIndex): EngineCall[] {
  return [...info.action_profiles.values()].map((profile) => {
    const semantics = profile.selectorSizeSemantics;
    const by_members = semantics?.$case === 'sumOfMembers';
    const limits = {
      counted: by_members ? ('members' as const) : ('weights' as const),
      group_size_max: profile.maxGroupSize,
      member_weight_max: by_members ? semantics.value.maxMemberWeight : 0,
    };
    return { method: 'setProfileLimits', args: [nameOf(profile), limits] };
  });
}

export function prepareMember(
  pipeline: Pipeline,
  type: Update_Type,
  { actionProfileId, memberId, action }: ActionProfileMember,
): PreparedUpdate {
  const profile = pipeline.info.actionProfile(actionProfileId);
  const name = nameOf(profile);
  if (type === Update_Type.DELETE) return { calls: [{ method: 'deleteMember', args: [name, memberId] }] };
  if (action === undefined)
    throw new RpcError('INVALID_ARGUMENT', `action profile ${name}, member ${memberId}: it has no action`);
  const call = decodeAction(tableOf(pipeline, profile), action, false);
  const method = type === Update_Type.INSERT ? 'insertMember' : 'modifyMember';
  return { calls: [{ method, args: [name, { member_id: memberId, action: call }] }] };
}

export function prepareGroup(
  pipeline: Pipeline,
  type: Update_Type,
  group: ActionProfileGroup,
): PreparedUpdate {
  const profile = pipeline.info.actionProfile(group.actionProfileId);
  const name = nameOf(profile);
  const { groupId } = group;
  if (type === Update_Type.DELETE) return { calls: [{ method: 'deleteGroup', args: [name, groupId] }] };
  const what = `action profile ${name}, group ${groupId}`;
  const decoded: ProfileGroup = {
    group_id: groupId,
    max_size: group.maxSize,
    members: group.members.map(({ memberId, weight, watchKind }) => ({
      member_id: memberId,
      weight,
      watch_port: decodeWatchPort(`${what}, member ${memberId}`, watchKind),
    })),
  };
  const method = type === Update_Type.INSERT ? 'insertGroup' : 'modifyGroup';
  return { calls: [{ method, args: [name, decoded] }] };
}

/** Ids of 0 read all. */
export async function* readMembers(
  pipeline: Pipeline,
  dataplane: Dataplane,
  { actionProfileId, memberId }: ActionProfileMember,
): AsyncGenerator<Entity[]> {
  for (const profile of profiles(pipeline, actionProfileId)) {
    const args: [string] = [nameOf(profile)];
    const members = await engineCall<'members'>(dataplane, { method: 'members', args });
    const table = tableOf(pipeline, profile);
    yield members
      .filter(({ member_id }) => memberId === 0 || member_id === memberId)
      .map(({ member_id, action }): Entity => {
        const value = {
          actionProfileId: profile.preamble?.id ?? 0,
          memberId: member_id,
          action: encodeAction(table, action),
        };
        return { entity: { $case: 'actionProfileMember', value } };
      });
  }
}

/** Ids of 0 read all. */
export async function* readGroups(
  pipeline: Pipeline,
  dataplane: Dataplane,
  { actionProfileId, groupId }: ActionProfileGroup,
): AsyncGenerator<Entity[]> {
  for (const profile of profiles(pipeline, actionProfileId)) {
    const args: [string] = [nameOf(profile)];
    const groups = await engineCall<'groups'>(dataplane, { method: 'groups', args });
    yield groups
      .filter(({ group_id }) => groupId === 0 || group_id === groupId)
      .map(({ group_id, max_size, members }): Entity => {
        const value = {
          actionProfileId: profile.preamble?.id ?? 0,
          groupId: group_id,
          members: members.map(({ member_id, weight, watch_port }) => ({
            memberId: member_id,
            weight,
            watchKind: encodeWatchPort(watch_port),
          })),
          maxSize: max_size,
        };
        return { entity: { $case: 'actionProfileGroup', value } };
      });
  }
}

function profiles(pipeline: Pipeline, id: number): ActionProfile[] {
  return id === 0 ? [...pipeline.info.action_profiles.values()] : [pipeline.info.actionProfile(id)];
}

/** The tables of a profile have the same actions, so any of them says what a member may do. */
function tableOf(pipeline: Pipeline, profile: ActionProfile): TableSpec {
  const [table_id] = profile.tableIds;
  if (table_id === undefined)
    throw new RpcError('INVALID_ARGUMENT', `action profile ${nameOf(profile)}: no table uses it`);
  return pipeline.info.table(table_id);
}
