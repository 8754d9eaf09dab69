/** What may come of a call to a server, a class each. */
import { nfs3StatusName } from '../wire/nfs3/status';
import type { Nfs3ProcedureName } from '../wire/nfs3';

/** The server answered the procedure with a status other than NFS3_OK. */
export class NfsStatusError extends Error {
  override readonly name = 'NfsStatusError';

  constructor(
    readonly procedure: Nfs3ProcedureName,
    readonly status: number,
    /** How often the call was sent before this answer came. */
    readonly transmissions = 1,
  ) {
    super(`${procedure}: ${nfs3StatusName(status)}`);
  }
}

/** The server refused the RPC call itself; `outcome` as in RpcOutcome, such as `prog_unavail` or `auth_error`. */
export class RpcRefusedError extends Error {
  override readonly name = 'RpcRefusedError';

  constructor(
    readonly outcome: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer whose results are not what the procedure gives. */
export class MalformedReplyError extends Error {
  override readonly name = 'MalformedReplyError';
}

/** No answer in the time the caller allowed. */
export class NoReplyError extends Error {
  override readonly name = 'NoReplyError';
}

/** The caller gave up; whether the server executed the call is not known. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';

  constructor() {
    super('the call was cancelled');
  }
}

export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError';

  constructor() {
    super('the connection to the server was closed');
  }
}

/** The server does not let this client mount, or has nothing there. */
export class MountRefusedError extends Error {
  override readonly name = 'MountRefusedError';
}
