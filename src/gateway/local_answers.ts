/** Calls that no store is asked: what is wrong with them, and the reply (RFC 5531 section 9). */
import { AUTH_FLAVOR, AUTH_NONE, encodeRpc, RPC_VERSION, type RpcOutcome } from '../wire/rpc';
import { NFS3_PROCEDURE, NFS3_VERSION, nfs3ProcedureName } from '../wire/nfs3';
import type { CallHeader } from './call';
import { isWholeWrite } from './nfs3_sizes';
import { UDP_PAYLOAD_OCTETS_MAX } from './path/frame_writer';
import { hasReadableArguments } from './readable_arguments';
import type { Service } from './service';

/** RFC 9289: asks whether the server speaks TLS. */
const AUTH_TLS = 7;

/** auth_stat of RFC 5531 section 9. */
const AUTH_STATUS = { badCredential: 1, rejectedCredential: 2, tooWeak: 5 } as const;

export type LocalAnswer =
  | 'rpc_mismatch'
  | 'bad_credential'
  | 'tls_refused'
  | 'flavor_refused'
  | 'program_unavailable'
  | 'version_mismatch'
  | 'procedure_unavailable'
  | 'garbage_arguments'
  | 'too_long';

const denied = (authStatus: number): RpcOutcome => ({ status: 'auth_error', authStatus });

const OUTCOMES: Record<LocalAnswer, RpcOutcome> = {
  rpc_mismatch: { status: 'rpc_mismatch', low: RPC_VERSION, high: RPC_VERSION },
  bad_credential: denied(AUTH_STATUS.badCredential),
  // What a server says that does not know the flavor (RFC 9289 section 4.1): the client goes on without TLS.
  tls_refused: denied(AUTH_STATUS.badCredential),
  flavor_refused: denied(AUTH_STATUS.tooWeak),
  program_unavailable: { status: 'prog_unavail' },
  version_mismatch: { status: 'prog_mismatch', low: NFS3_VERSION, high: NFS3_VERSION },
  procedure_unavailable: { status: 'proc_unavail' },
  garbage_arguments: { status: 'garbage_args' },
  too_long: { status: 'system_err' },
};

/**
 * Why no store is asked, of a call that could be read; undefined if one is. Its message is `view`'s octets `[start, end)`.
 *
 * RPCSEC_GSS and AUTH_DH keep a context at the server that a client agreed it with, and sign what they send: spread over
 * stores neither holds. They are refused with AUTH_TOOWEAK, on which clients give up at once instead of making
 * a new context again and again, as they do on AUTH_REJECTEDCRED. AUTH_SHORT is one server's shorthand: no store of ours
 * gave it.
 *
 * What the data plane cannot place no store ever sees, and nobody would answer it.
 */
export function localAnswer(
  header: CallHeader,
  { program, is_nfs }: Pick<Service, 'program' | 'is_nfs'>,
  view: DataView,
  start: number,
  end: number,
): LocalAnswer | undefined {
  if (header.flavor !== AUTH_FLAVOR.sys && header.flavor !== AUTH_FLAVOR.none) {
    return header.flavor === AUTH_TLS ? 'tls_refused' : 'flavor_refused';
  }
  if (header.program !== program) return 'program_unavailable';
  if (is_nfs && header.version !== NFS3_VERSION) return 'version_mismatch';
  if (is_nfs && nfs3ProcedureName(header.procedure) === undefined) return 'procedure_unavailable';
  if (!hasReadableArguments(header, view, end)) return 'garbage_arguments';
  if (end - start <= UDP_PAYLOAD_OCTETS_MAX) return undefined;
  if (!is_nfs || header.procedure !== NFS3_PROCEDURE.WRITE) return 'too_long';
  // It becomes shorter.
  return isWholeWrite(view, header.arguments_at, end) ? undefined : 'garbage_arguments';
}

export function encodeLocalAnswer(xid: number, answer: LocalAnswer): Uint8Array {
  return encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome: OUTCOMES[answer] });
}
