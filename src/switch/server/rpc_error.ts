import { status } from '@grpc/grpc-js';
import { EngineError } from '../engine';

export type CodeName = Extract<keyof typeof status, string>;

/** A request that cannot be done, with its canonical gRPC code. The message names entity, field and value. */
export class RpcError extends Error {
  readonly code: status;

  constructor(code: CodeName, message: string) {
    super(message);
    this.name = 'RpcError';
    this.code = status[code];
  }
}

export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof EngineError) return new RpcError(error.code, error.message);
  return new RpcError('INTERNAL', error instanceof Error ? error.message : String(error));
}
