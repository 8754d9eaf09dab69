import {
  ActionProfileActionSet_ActionSelectionMode as SelectionMode,
  ActionProfileActionSet_SizeSemantics as SizeSemantics,
  type Action,
  type ActionProfileActionSet,
  type TableAction,
} from 'p4runtime-js';
import type { ActionCall, EntryAction, WeightedAction } from '../../engine';
import { decodeBits, encodeBits } from '../bytestring';
import type { TableSpec } from '../p4info';
import { RpcError } from '../rpc_error';
import { decodeWatchPort, encodeWatchPort } from './watch_port';

/** What an entry does, of the kinds that the table's implementation has (specification, "Action Specification"). */
export function decodeEntryAction(table: TableSpec, given: TableAction | undefined): EntryAction {
  const { profile } = table;
  const type = given?.type;
  switch (type?.$case) {
    case 'action':
      if (profile !== undefined) break;
      return decodeAction(table, type.value, false);
    case 'actionProfileMemberId':
      if (profile === undefined) break;
      return { member_id: type.value };
    case 'actionProfileGroupId':
      if (profile?.withSelector !== true) break;
      return { group_id: type.value };
    case 'actionProfileActionSet':
      if (profile?.withSelector !== true) break;
      return { one_shot: decodeActionSet(table, type.value) };
    case undefined:
      break;
  }
  const expected =
    profile === undefined
      ? 'an action'
      : profile.withSelector
        ? 'a member id, a group id or an action set'
        : 'a member id';
  throw invalid(table, `${expected} is expected, not ${type?.$case ?? 'none'}`);
}

export function decodeDefaultAction(table: TableSpec, given: TableAction): ActionCall {
  if (given.type?.$case !== 'action')
    throw invalid(table, `an action is expected, not ${given.type?.$case ?? 'none'}`);
  return decodeAction(table, given.type.value, true);
}

/** An action checked against what the table allows in entries, or as its default. */
export function decodeAction(
  table: TableSpec,
  { actionId, params }: Action,
  as_default: boolean,
): ActionCall {
  const allowed = table.actions.get(actionId);
  if (allowed === undefined) throw invalid(table, `action ${actionId} is none of the table's`);
  const { action } = allowed;
  if (!(as_default ? allowed.as_default : allowed.in_entries)) {
    const where = as_default ? 'the default entry' : 'entries';
    throw new RpcError(
      'PERMISSION_DENIED',
      `table ${table.name}: action ${action.name} is not allowed in ${where}`,
    );
  }
  const what = `table ${table.name}, action ${action.name}`;
  if (params.length !== action.params.length) {
    throw new RpcError(
      'INVALID_ARGUMENT',
      `${what}: ${action.params.length} parameters expected, not ${params.length}`,
    );
  }
  const args = action.params.map((param) => {
    const value = params.find(({ paramId }) => paramId === param.id);
    if (value === undefined) {
      throw new RpcError('INVALID_ARGUMENT', `${what}: parameter ${param.name} (id ${param.id}) is missing`);
    }
    return decodeBits(value.value, param.width_bits, `${what}, parameter ${param.name}`);
  });
  return { name: action.name, args };
}

export function encodeEntryAction(table: TableSpec, action: EntryAction): TableAction {
  if ('name' in action) return { type: { $case: 'action', value: encodeAction(table, action) } };
  if ('member_id' in action) return { type: { $case: 'actionProfileMemberId', value: action.member_id } };
  if ('group_id' in action) return { type: { $case: 'actionProfileGroupId', value: action.group_id } };
  const actionProfileActions = action.one_shot.map((one) => ({
    action: encodeAction(table, one.action),
    weight: one.weight,
    watchKind: encodeWatchPort(one.watch_port),
  }));
  return {
    type: {
      $case: 'actionProfileActionSet',
      value: {
        actionProfileActions,
        actionSelectionMode: SelectionMode.DEFAULT_MODE_DETERMINED_BY_ACTION_SELECTOR,
        sizeSemantics: SizeSemantics.DEFAULT_SIZE_DETERMINED_BY_ACTION_SELECTOR,
      },
    },
  };
}

export function encodeAction(table: TableSpec, call: ActionCall): Action {
  const action = table.actions_by_name.get(call.name);
  if (action === undefined) {
    throw new RpcError('INTERNAL', `table ${table.name}: the engine has action ${call.name}, P4Info has not`);
  }
  const params = action.params.map((param, i) => ({
    paramId: param.id,
    value: encodeBits(call.args[i] ?? 0n),
  }));
  return { actionId: action.id, params };
}

function decodeActionSet(table: TableSpec, set: ActionProfileActionSet): WeightedAction[] {
  if (set.actionSelectionMode !== SelectionMode.DEFAULT_MODE_DETERMINED_BY_ACTION_SELECTOR)
    throw new RpcError('UNIMPLEMENTED', `table ${table.name}: an action set's own selection mode`);
  if (set.sizeSemantics !== SizeSemantics.DEFAULT_SIZE_DETERMINED_BY_ACTION_SELECTOR)
    throw new RpcError('UNIMPLEMENTED', `table ${table.name}: an action set's own size semantics`);
  return set.actionProfileActions.map((one, i) => {
    if (one.action === undefined) throw invalid(table, `action ${i + 1} of the set is missing`);
    return {
      action: decodeAction(table, one.action, false),
      weight: one.weight,
      watch_port: decodeWatchPort(`table ${table.name}, action ${i + 1} of the set`, one.watchKind),
    };
  });
}

function invalid(table: TableSpec, problem: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `table ${table.name}: ${problem}`);
}
