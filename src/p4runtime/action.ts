/** Actions with their parameters by name <-> Action and TableAction. */
import {
  ActionRef_Scope,
  ActionProfileActionSet_ActionSelectionMode,
  ActionProfileActionSet_SizeSemantics,
  type Action,
  type ActionProfileAction,
  type TableAction,
} from 'p4runtime-js';
import { EncodingError, P4InfoMismatchError } from './errors';
import { decodeField, encodeField } from './match';
import type { ActionSchema, P4Schema, TableSchema } from './p4info';

export interface ActionCall {
  name: string;
  /** Parameter name -> value; every parameter is needed. */
  params: Record<string, bigint>;
}

/** One action of a one-shot action set. */
export interface WeightedAction {
  action: ActionCall;
  /** At least 1. */
  weight: number;
  /** The action is skipped while this port is down. */
  watch_port?: Uint8Array;
}

/** What an entry does: an action, or for a table with an action profile a member, a group or a one-shot set. */
export type EntryAction =
  ActionCall | { member_id: number } | { group_id: number } | { one_shot: WeightedAction[] };

/** Shorthand for an ActionCall. */
export function action(name: string, params: Record<string, bigint | number> = {}): ActionCall {
  return {
    name,
    params: Object.fromEntries(Object.entries(params).map(([param, value]) => [param, BigInt(value)])),
  };
}

function encodeParams(object: string, schema: ActionSchema, call: ActionCall): Action {
  const where = `${object}: action ${schema.name}`;
  for (const name of Object.keys(call.params)) {
    if (!schema.params.some((param) => param.name === name)) {
      const names = schema.params.map((param) => param.name).join(', ');
      throw new EncodingError(
        where,
        name,
        `no such parameter; ${names ? `they are ${names}` : 'it has none'}`,
      );
    }
  }
  return {
    actionId: schema.id,
    params: schema.params.map((param) => {
      const value = call.params[param.name];
      if (value === undefined) {
        throw new EncodingError(where, param.name, `missing; a value of ${param.width_bits} bits is needed`);
      }
      return { paramId: param.id, value: encodeField(where, param, value) };
    }),
  };
}

/** Throws EncodingError, also where the table does not have the action or not in that role. */
export function encodeActionCall(
  object: string,
  table: TableSchema,
  call: ActionCall,
  role: 'entry' | 'default',
): Action {
  const named = table.actions.filter(
    (candidate) => candidate.name === call.name || candidate.alias === call.name,
  );
  const schema = named.find((candidate) => candidate.name === call.name) ?? named[0];
  if (schema === undefined) {
    const names = table.actions.map((candidate) => candidate.name).join(', ');
    throw new EncodingError(object, 'action', `the table has no action ${call.name}; it has ${names}`);
  }
  const scope = table.action_refs.get(schema.id)?.scope;
  if (role === 'default' && scope === ActionRef_Scope.TABLE_ONLY) {
    throw new EncodingError(object, 'action', `${schema.name} cannot be the default action (@tableonly)`);
  }
  if (role === 'entry' && scope === ActionRef_Scope.DEFAULT_ONLY) {
    throw new EncodingError(object, 'action', `${schema.name} can only be the default action (@defaultonly)`);
  }
  return encodeParams(object, schema, call);
}

/** Throws P4InfoMismatchError for ids the P4Info does not have. */
export function decodeActionCall(schema: P4Schema, wire: Action): ActionCall {
  const action_schema = schema.actions.getById(wire.actionId);
  const params: Record<string, bigint> = {};
  for (const { paramId, value } of wire.params) {
    const param = action_schema.params.find(({ id }) => id === paramId);
    if (param === undefined) {
      throw new P4InfoMismatchError(
        `action ${action_schema.name}: the target sent a parameter with id ${paramId}`,
      );
    }
    params[param.name] = decodeField(`action ${action_schema.name}`, param, value);
  }
  return { name: action_schema.name, params };
}

function encodeWeighted(object: string, table: TableSchema, member: WeightedAction): ActionProfileAction {
  if (!Number.isInteger(member.weight) || member.weight < 1) {
    throw new EncodingError(object, 'weight', `${member.weight} is not a whole number above 0`);
  }
  return {
    action: encodeActionCall(object, table, member.action, 'entry'),
    weight: member.weight,
    watchKind:
      member.watch_port === undefined
        ? undefined
        : { $case: 'watchPort', value: Buffer.from(member.watch_port) },
  };
}

export function encodeEntryAction(
  object: string,
  table: TableSchema,
  entry_action: EntryAction,
  role: 'entry' | 'default',
): TableAction {
  if ('name' in entry_action) {
    if (table.action_profile !== undefined && role === 'entry') {
      throw new EncodingError(
        object,
        'action',
        `the table takes a member_id, group_id or one_shot of ${table.action_profile.name}, not an action`,
      );
    }
    return { type: { $case: 'action', value: encodeActionCall(object, table, entry_action, role) } };
  }
  if (table.action_profile === undefined) {
    throw new EncodingError(object, 'action', 'the table has no action profile, so an action is needed');
  }
  if ('member_id' in entry_action) {
    return { type: { $case: 'actionProfileMemberId', value: entry_action.member_id } };
  }
  if (!table.action_profile.info.withSelector) {
    throw new EncodingError(
      object,
      'action',
      `${table.action_profile.name} has no selector, so a member_id is needed`,
    );
  }
  if ('group_id' in entry_action) {
    return { type: { $case: 'actionProfileGroupId', value: entry_action.group_id } };
  }
  return {
    type: {
      $case: 'actionProfileActionSet',
      value: {
        actionProfileActions: entry_action.one_shot.map((member) => encodeWeighted(object, table, member)),
        actionSelectionMode:
          ActionProfileActionSet_ActionSelectionMode.DEFAULT_MODE_DETERMINED_BY_ACTION_SELECTOR,
        sizeSemantics: ActionProfileActionSet_SizeSemantics.DEFAULT_SIZE_DETERMINED_BY_ACTION_SELECTOR,
      },
    },
  };
}

function decodeWeighted(schema: P4Schema, wire: ActionProfileAction): WeightedAction {
  if (wire.action === undefined)
    throw new P4InfoMismatchError('the target sent a one-shot member without action');
  const member: WeightedAction = { action: decodeActionCall(schema, wire.action), weight: wire.weight };
  if (wire.watchKind?.$case === 'watchPort') member.watch_port = wire.watchKind.value;
  return member;
}

export function decodeEntryAction(schema: P4Schema, wire: TableAction): EntryAction | undefined {
  switch (wire.type?.$case) {
    case 'action':
      return decodeActionCall(schema, wire.type.value);
    case 'actionProfileMemberId':
      return { member_id: wire.type.value };
    case 'actionProfileGroupId':
      return { group_id: wire.type.value };
    case 'actionProfileActionSet':
      return {
        one_shot: wire.type.value.actionProfileActions.map((member) => decodeWeighted(schema, member)),
      };
    case undefined:
      return undefined;
  }
}
