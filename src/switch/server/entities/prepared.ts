import { Update_Type } from 'p4runtime-js';
import type { EngineCall } from '../../worker/engine_calls';
import { RpcError } from '../rpc_error';

/** An update that was checked: the engine calls that do it, and what to remember once they have. */
export interface PreparedUpdate {
  calls: EngineCall[];
  succeeded?: () => void;
  failed?: () => void;
}

/** INVALID_ARGUMENT for anything but MODIFY. */
export function requireModify(type: Update_Type, what: string): void {
  if (type !== Update_Type.MODIFY) {
    throw new RpcError('INVALID_ARGUMENT', `${what} always exists: only MODIFY is possible`);
  }
}

export function requireKnownType(type: Update_Type): void {
  if (type !== Update_Type.INSERT && type !== Update_Type.MODIFY && type !== Update_Type.DELETE) {
    throw new RpcError('INVALID_ARGUMENT', `update type ${type} is none of INSERT, MODIFY, DELETE`);
  }
}
