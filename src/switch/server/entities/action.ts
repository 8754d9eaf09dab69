import type { TableAction } from 'p4runtime-js';
import type { ActionCall } from '../../engine';
import { decodeBits, encodeBits } from '../bytestring';
import type { TableSpec } from '../p4info';
import { RpcError } from '../rpc_error';

/** The action of an entry, or of the default entry, checked against what the table allows there. */
export function decodeAction(
  table: TableSpec,
  given: TableAction | undefined,
  as_default: boolean,
): ActionCall {
  if (table.has_implementation) {
    throw new RpcError('UNIMPLEMENTED', `table ${table.name}: action profiles are not supported`);
  }
  if (given?.type?.$case !== 'action') {
    throw new RpcError(
      'INVALID_ARGUMENT',
      `table ${table.name}: an action is expected, not ${given?.type?.$case ?? 'none'}`,
    );
  }
  const { actionId, params } = given.type.value;
  const allowed = table.actions.get(actionId);
  if (allowed === undefined) {
    throw new RpcError('INVALID_ARGUMENT', `table ${table.name}: action ${actionId} is none of the table's`);
  }
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

export function encodeAction(table: TableSpec, call: ActionCall): TableAction {
  const action = table.actions_by_name.get(call.name);
  if (action === undefined) {
    throw new RpcError('INTERNAL', `table ${table.name}: the engine has action ${call.name}, P4Info has not`);
  }
  const params = action.params.map((param, i) => ({
    paramId: param.id,
    value: encodeBits(call.args[i] ?? 0n),
  }));
  return { type: { $case: 'action', value: { actionId: action.id, params } } };
}
