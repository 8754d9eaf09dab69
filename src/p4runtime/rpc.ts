/** gRPC failures told apart by what a controller can do about them. */
import { Metadata, status, type CallOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { Code, P4Error, Status } from 'p4runtime-js';
import { NoPipelineError, NotPrimaryError, RpcError, UnreachableError } from './errors';
import { quirkOf, saysNoPipeline } from './quirks';

/** How gRPC tells of a failed call. */
export type FailedCall = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

/** What the target told of a failed call. */
export interface RichStatus {
  code: Code;
  message: string;
  /** One per update of a failed batch, in order; empty where the target gave none. */
  details: P4Error[];
}

const P4_ERROR_URL = /(^|\/)p4\.v1\.Error$/;

/** The google.rpc.Status in the trailer, if there is one that can be read; else gRPC's own code and message. */
export function richStatus(error: FailedCall): RichStatus {
  // gRPC's status numbers are the canonical codes.
  const grpc_code: number = error.code;
  const plain: RichStatus = { code: grpc_code, message: error.details, details: [] };
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) return plain;
  try {
    const { code, message, details } = Status.decode(bytes);
    const p4_errors = details.filter(({ typeUrl }) => P4_ERROR_URL.test(typeUrl));
    const rich: Code = code;
    return {
      code: rich === Code.OK ? plain.code : rich,
      message: message || plain.message,
      details: p4_errors.map(({ value }) => P4Error.decode(value)),
    };
  } catch {
    // A trailer that is no Status tells nothing more than the plain status does.
    return plain;
  }
}

/** CANCELLED is what a target that is shut down says; our own cancelling is never reported as an error. */
const GONE = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED];

/** grpc-js wraps the reason in words about its own resolver. */
function unreachableReason(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\. Resolution note:.*$/s, '');
}

/** Wraps a gRPC failure in the class that says what it means. */
export function rpcError(operation: string, target: string, error: FailedCall): RpcError {
  const { code, message } = richStatus(error);
  const detail = message;
  const quirk = quirkOf(detail);
  const options = { cause: error };
  if (GONE.includes(error.code)) {
    return new UnreachableError(
      operation,
      target,
      code,
      unreachableReason(error.details),
      undefined,
      options,
    );
  }
  if (code === Code.PERMISSION_DENIED && /primary|master/i.test(detail)) {
    return new NotPrimaryError(operation, target, code, detail, undefined, options);
  }
  if (code === Code.FAILED_PRECONDITION && saysNoPipeline(detail)) {
    return new NoPipelineError(operation, target, code, detail, undefined, options);
  }
  return new RpcError(operation, target, code, detail, quirk, options);
}

/** A call under way. */
export interface Cancellable {
  cancel(): void;
}

/** Calls one unary method with a deadline; while it lasts it is among `under_way`. Rejects with the ServiceError. */
export function unary<Response>(
  call: (
    metadata: Metadata,
    options: Partial<CallOptions>,
    callback: (error: ServiceError | null, response: Response) => void,
  ) => ClientUnaryCall,
  timeout_ms: number,
  under_way: Set<Cancellable>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const running = call(new Metadata(), { deadline: Date.now() + timeout_ms }, (error, response) => {
      under_way.delete(running);
      if (error === null) resolve(response);
      else reject(error);
    });
    under_way.add(running);
  });
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'metadata' in error && 'details' in error;
}
