/** What can go wrong between a controller and a P4Runtime target: one class per failure. */
import { Code } from 'p4runtime-js';
import { withQuirk, type Quirk } from './quirks';

/** Name of a canonical status code, such as `NOT_FOUND`. */
export function codeName(code: Code): string {
  return Code[code] ?? `code ${code}`;
}

/** Base of every error this folder throws. */
export class P4RuntimeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A target address that is not `grpc://host:port?device_id=N`. */
export class TargetError extends P4RuntimeError {}

/** P4Info that cannot be read or contradicts itself; the message starts with `file` or `file:line`. */
export class P4InfoError extends P4RuntimeError {
  constructor(
    readonly file: string,
    readonly line: number | undefined,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${problem}`, options);
  }
}

/** A table, field, action, ... that the P4Info does not have, or an id the target sent that it does not have. */
export class P4InfoMismatchError extends P4RuntimeError {}

/** An entity that does not fit the P4Info, found before it was sent. */
export class EncodingError extends P4RuntimeError {
  constructor(
    /** What was being encoded, such as `table ingress.slot`. */
    readonly object: string,
    /** The key field, parameter or property at fault. */
    readonly field: string,
    problem: string,
  ) {
    super(`${object}: ${field}: ${problem}`);
  }
}

/** A call the target answered with an error that has no class of its own. */
export class RpcError extends P4RuntimeError {
  constructor(
    readonly operation: string,
    readonly target: string,
    readonly code: Code,
    /** The target's own words. */
    readonly detail: string,
    /** The known limitation of a known target behind it, if any. */
    readonly quirk?: Quirk,
    options?: ErrorOptions,
  ) {
    super(`${target}: ${operation}: ${codeName(code)}: ${withQuirk(detail) || 'no reason given'}`, options);
  }
}

/** Nothing answers there, the connection was lost, or the answer did not come in time. */
export class UnreachableError extends RpcError {}

/** Another controller is primary, so the target refused a write, a packet-out or a pipeline. */
export class NotPrimaryError extends RpcError {}

/** Another controller is connected with our election id (and role). */
export class ElectionIdInUseError extends RpcError {
  constructor(
    operation: string,
    target: string,
    code: Code,
    detail: string,
    readonly election_id: bigint,
    options?: ErrorOptions,
  ) {
    super(operation, target, code, detail, undefined, options);
    this.message =
      `${target}: another controller is connected with election id ${election_id}: ` +
      `stop it or choose another election id (the target says: ${detail})`;
  }
}

/** The target runs no P4 program yet. */
export class NoPipelineError extends RpcError {}

/** The target refused a P4 program, or the program it runs is not the one expected. */
export class PipelineError extends RpcError {}

/** The target closed, or we did. */
export class ClosedError extends P4RuntimeError {}
