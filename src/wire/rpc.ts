/**
 * ONC RPC version 2 messages (RFC 5531), one per UDP datagram. A call's arguments and a reply's results stay bytes:
 * the program's own module reads them.
 */
import { dataView, fail } from './field';
import { XdrReader, XdrWriter } from './xdr';

export const RPC_VERSION = 2;

/** Program numbers assigned by IANA. */
export const RPC_PROGRAM = {
  portmap: 100000,
  nfs: 100003,
  mount: 100005,
  nlm: 100021,
  status: 100024,
} as const;

export const AUTH_FLAVOR = { none: 0, sys: 1, short: 2, dh: 3, rpcsecGss: 6 } as const;

/** RFC 5531 section 8.2: opaque_auth body<400>. */
const AUTH_BODY_LENGTH_MAX = 400;

export interface RpcAuth {
  flavor: number;
  body: Uint8Array;
}

export const AUTH_NONE: RpcAuth = { flavor: AUTH_FLAVOR.none, body: new Uint8Array(0) };

/** The body of an AUTH_SYS credential (RFC 5531 appendix A). */
export interface AuthSys {
  stamp: number;
  machineName: string;
  uid: number;
  gid: number;
  gids: number[];
}

export interface RpcCall {
  kind: 'call';
  xid: number;
  program: number;
  version: number;
  procedure: number;
  credential: RpcAuth;
  verifier: RpcAuth;
  /** The procedure's arguments, XDR. */
  args: Uint8Array;
}

/** What became of a call. The first six are accepted replies, the last two denied ones. */
export type RpcOutcome =
  | { status: 'success'; results: Uint8Array }
  | { status: 'prog_unavail' }
  | { status: 'prog_mismatch'; low: number; high: number }
  | { status: 'proc_unavail' }
  | { status: 'garbage_args' }
  | { status: 'system_err' }
  | { status: 'rpc_mismatch'; low: number; high: number }
  | { status: 'auth_error'; authStatus: number };

export interface RpcReply {
  kind: 'reply';
  xid: number;
  /** AUTH_NONE in denied replies, which carry none. */
  verifier: RpcAuth;
  outcome: RpcOutcome;
}

export type RpcMessage = RpcCall | RpcReply;

const MESSAGE_TYPE = { call: 0, reply: 1 } as const;
const REPLY_STATUS = { accepted: 0, denied: 1 } as const;
const ACCEPT_STATUS = {
  success: 0,
  prog_unavail: 1,
  prog_mismatch: 2,
  proc_unavail: 3,
  garbage_args: 4,
  system_err: 5,
} as const;
const REJECT_STATUS = { rpc_mismatch: 0, auth_error: 1 } as const;

/** The transaction id alone, also of a message cut short; undefined if not even that is there. */
export function decodeRpcXid(bytes: Uint8Array): number | undefined {
  return bytes.length < 4 ? undefined : dataView(bytes).getUint32(0);
}

/** Undefined unless the bytes are a complete header of RPC version 2. */
export function decodeRpc(bytes: Uint8Array): RpcMessage | undefined {
  const reader = new XdrReader(bytes);
  const xid = reader.uint32();
  const type = reader.uint32();
  if (!reader.ok) return undefined;
  if (type === MESSAGE_TYPE.call) return decodeCall(reader, xid);
  return type === MESSAGE_TYPE.reply ? decodeReply(reader, xid) : undefined;
}

function decodeCall(reader: XdrReader, xid: number): RpcCall | undefined {
  if (reader.uint32() !== RPC_VERSION) return undefined;
  const call: RpcCall = {
    kind: 'call',
    xid,
    program: reader.uint32(),
    version: reader.uint32(),
    procedure: reader.uint32(),
    credential: readAuth(reader),
    verifier: readAuth(reader),
    args: reader.rest(),
  };
  return reader.ok ? call : undefined;
}

function decodeReply(reader: XdrReader, xid: number): RpcReply | undefined {
  const replyStatus = reader.uint32();
  if (replyStatus !== REPLY_STATUS.accepted && replyStatus !== REPLY_STATUS.denied) return undefined;
  const accepted = replyStatus === REPLY_STATUS.accepted;
  const verifier = accepted ? readAuth(reader) : AUTH_NONE;
  const outcome = accepted ? readAccepted(reader) : readDenied(reader);
  return reader.ok && outcome !== undefined ? { kind: 'reply', xid, verifier, outcome } : undefined;
}

function readAccepted(reader: XdrReader): RpcOutcome | undefined {
  switch (reader.uint32()) {
    case ACCEPT_STATUS.success:
      return { status: 'success', results: reader.rest() };
    case ACCEPT_STATUS.prog_unavail:
      return { status: 'prog_unavail' };
    case ACCEPT_STATUS.prog_mismatch:
      return { status: 'prog_mismatch', low: reader.uint32(), high: reader.uint32() };
    case ACCEPT_STATUS.proc_unavail:
      return { status: 'proc_unavail' };
    case ACCEPT_STATUS.garbage_args:
      return { status: 'garbage_args' };
    case ACCEPT_STATUS.system_err:
      return { status: 'system_err' };
    default:
      return undefined;
  }
}

function readDenied(reader: XdrReader): RpcOutcome | undefined {
  switch (reader.uint32()) {
    case REJECT_STATUS.rpc_mismatch:
      return { status: 'rpc_mismatch', low: reader.uint32(), high: reader.uint32() };
    case REJECT_STATUS.auth_error:
      return { status: 'auth_error', authStatus: reader.uint32() };
    default:
      return undefined;
  }
}

export function encodeRpc(message: RpcMessage): Uint8Array {
  const writer = new XdrWriter().uint32(message.xid);
  if (message.kind === 'call') {
    writer
      .uint32(MESSAGE_TYPE.call)
      .uint32(RPC_VERSION)
      .uint32(message.program)
      .uint32(message.version)
      .uint32(message.procedure);
    writeAuth(writer, message.credential);
    writeAuth(writer, message.verifier);
    return writer.raw(message.args).finish();
  }
  const { outcome } = message;
  writer.uint32(MESSAGE_TYPE.reply);
  if (outcome.status === 'rpc_mismatch' || outcome.status === 'auth_error') {
    writer.uint32(REPLY_STATUS.denied).uint32(REJECT_STATUS[outcome.status]);
  } else {
    writer.uint32(REPLY_STATUS.accepted);
    writeAuth(writer, message.verifier);
    writer.uint32(ACCEPT_STATUS[outcome.status]);
  }
  if (outcome.status === 'success') writer.raw(outcome.results);
  if (outcome.status === 'auth_error') writer.uint32(outcome.authStatus);
  if (outcome.status === 'rpc_mismatch' || outcome.status === 'prog_mismatch') {
    writer.uint32(outcome.low).uint32(outcome.high);
  }
  return writer.finish();
}

/** Undefined unless the flavor is AUTH_SYS and its body complete (RFC 5531: name of 255 bytes, 16 groups). */
export function decodeAuthSys(credential: RpcAuth): AuthSys | undefined {
  if (credential.flavor !== AUTH_FLAVOR.sys) return undefined;
  const reader = new XdrReader(credential.body);
  const auth: AuthSys = {
    stamp: reader.uint32(),
    machineName: reader.string(255),
    uid: reader.uint32(),
    gid: reader.uint32(),
    gids: reader.array(16, () => reader.uint32()),
  };
  return reader.ok ? auth : undefined;
}

export function encodeAuthSys(auth: AuthSys): RpcAuth {
  if (auth.gids.length > 16) fail('gids', `${auth.gids.length} groups`, 'at most 16');
  const writer = new XdrWriter()
    .uint32(auth.stamp)
    .string(auth.machineName)
    .uint32(auth.uid)
    .uint32(auth.gid);
  return {
    flavor: AUTH_FLAVOR.sys,
    body: writer.array(auth.gids, (gid) => writer.uint32(gid)).finish(),
  };
}

function readAuth(reader: XdrReader): RpcAuth {
  return { flavor: reader.uint32(), body: reader.opaque(AUTH_BODY_LENGTH_MAX) };
}

function writeAuth(writer: XdrWriter, auth: RpcAuth): void {
  if (auth.body.length > AUTH_BODY_LENGTH_MAX) {
    fail('auth body', `${auth.body.length} bytes`, `at most ${AUTH_BODY_LENGTH_MAX}`);
  }
  writer.uint32(auth.flavor).opaque(auth.body);
}
