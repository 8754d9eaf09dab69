/** The header of an RPC call (RFC 5531 section 9) where it lies, without a value of its own: one a client's request. */
import { AUTH_FLAVOR, RPC_VERSION } from '../wire/rpc';

/** `not_a_call`: nobody can answer it. The others can be answered. */
export type CallFault = 'not_a_call' | 'rpc_version' | 'bad_credential';

/** Octets from the xid to the credential. */
const CREDENTIAL = 24;
const AUTH_BODY_OCTETS_MAX = 400;
const TYPE_CALL = 0;

/** Reused from call to call. Valid after `read` returned undefined; the xid unless it returned `not_a_call`. */
export class CallHeader {
  xid = 0;
  program = 0;
  version = 0;
  procedure = 0;
  flavor: number = AUTH_FLAVOR.none;
  /** Where the arguments begin. */
  arguments_at = 0;

  /** Reads the message `[start, end)`. */
  read(view: DataView, start: number, end: number): CallFault | undefined {
    if (end - start < 12 || view.getUint32(start + 4) !== TYPE_CALL) return 'not_a_call';
    this.xid = view.getUint32(start);
    if (view.getUint32(start + 8) !== RPC_VERSION) return 'rpc_version';
    if (end - start < CREDENTIAL) return 'not_a_call';
    this.program = view.getUint32(start + 12);
    this.version = view.getUint32(start + 16);
    this.procedure = view.getUint32(start + 20);
    if (end - start >= CREDENTIAL + 4) this.flavor = view.getUint32(start + CREDENTIAL);
    const verifier = afterAuth(view, start + CREDENTIAL, end);
    this.arguments_at = verifier < 0 ? -1 : afterAuth(view, verifier, end);
    return this.arguments_at < 0 ? 'bad_credential' : undefined;
  }
}

/** The end of the opaque_auth at `at`; -1 if it is cut short or too long (RFC 5531 section 8.2). */
export function afterAuth(view: DataView, at: number, end: number): number {
  if (end - at < 8) return -1;
  const length = view.getUint32(at + 4);
  const after = at + 8 + length + ((4 - (length % 4)) % 4);
  return length > AUTH_BODY_OCTETS_MAX || after > end ? -1 : after;
}
