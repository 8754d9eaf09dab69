/** What a front serves: one RPC program, its answers apart from sockets. */
import type { RpcCall, RpcOutcome } from '../../wire/rpc';
import type { ClientEndpoint } from './forwarder';
import type { Standing } from './sources';

export type Transport = 'udp' | 'tcp';

export interface IncomingCall {
  call: RpcCall;
  /** The whole message, without record mark. */
  call_bytes: Uint8Array;
  client: ClientEndpoint;
  transport: Transport;
  standing: Standing;
}

/**
 * An outcome to make a reply of, or a reply that is made already; undefined: silence. `hang_up`: there will be none; over
 * UDP that is silence, too, but a connection ends, as nobody sends a call twice on one.
 */
export type Answer = RpcOutcome | Uint8Array | 'hang_up' | undefined;

export interface RpcProgram {
  readonly program: number;
  /** Ascending, at least one. */
  readonly versions: readonly number[];
  /** Of a version it has. Never throws or rejects, whatever the call. */
  answer(incoming: IncomingCall): Answer | Promise<Answer>;
}

/** auth_stat AUTH_TOOWEAK: not for you, whatever you say who you are (RFC 5531 section 9). */
const AUTH_TOO_WEAK = 5;

export const REFUSED: RpcOutcome = { status: 'auth_error', authStatus: AUTH_TOO_WEAK };
export const GARBAGE_ARGS: RpcOutcome = { status: 'garbage_args' };
export const PROC_UNAVAIL: RpcOutcome = { status: 'proc_unavail' };
export const SYSTEM_ERR: RpcOutcome = { status: 'system_err' };

export function success(results: Uint8Array = new Uint8Array(0)): RpcOutcome {
  return { status: 'success', results };
}
