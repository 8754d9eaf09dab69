/** The procedures of NFSv3 (RFC 1813) at one server, as a client calls them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NFS3_PROCEDURE, NFS3_VERSION, type Nfs3ProcedureName } from '../wire/nfs3';
import { NFS3_PROCEDURES } from '../wire/nfs3/procedures';
import type { Nfs3Result } from '../wire/nfs3/results';
import { NFS3_STATUS } from '../wire/nfs3/status';
import { RPC_PROGRAM } from '../wire/rpc';
import { decodeXdr, encodeXdr, type XdrType, type XdrValue } from '../wire/xdr_types';
import type { Cancellation } from './cancellation';
import { credentialOf, type Caller } from './caller';
import { CancelledError, MalformedReplyError, NfsStatusError } from './errors';
import type { TimerClass } from './round_trip';
import type { ChannelCounters, UdpChannel } from './udp_channel';

/** For whom a call is made. */
export interface CallContext {
  caller: Caller;
  cancellation?: Cancellation | undefined;
  /** Nobody waits for it. */
  background?: boolean;
}

type Procedures = typeof NFS3_PROCEDURES;
export type ArgsOf<P extends Nfs3ProcedureName> = XdrValue<Procedures[P]['args']>;
export type OkOf<P extends Nfs3ProcedureName> =
  XdrValue<Procedures[P]['results']> extends infer R
    ? R extends { ok: true; value: infer V }
      ? V
      : never
    : never;

const TIMERS: Readonly<Record<Nfs3ProcedureName, TimerClass>> = {
  NULL: 'none',
  GETATTR: 'attributes',
  SETATTR: 'change',
  LOOKUP: 'lookup',
  ACCESS: 'attributes',
  READLINK: 'read',
  READ: 'read',
  WRITE: 'write',
  CREATE: 'change',
  MKDIR: 'change',
  SYMLINK: 'change',
  MKNOD: 'change',
  REMOVE: 'change',
  RMDIR: 'change',
  RENAME: 'change',
  LINK: 'change',
  READDIR: 'read',
  READDIRPLUS: 'read',
  FSSTAT: 'attributes',
  FSINFO: 'attributes',
  PATHCONF: 'attributes',
  COMMIT: 'commit',
};

/** Handles, attributes and names of an answer without data. */
const REPLY_BYTES = 512;
/** The server asks for a later try: first after so long, then twice as long each time. */
const JUKEBOX_FIRST_MS = 250;
const JUKEBOX_MAX_MS = 5000;

export class NfsClient {
  constructor(private readonly channel: UdpChannel) {}

  /** The value of a good answer and how often the call was sent; other answers reject with NfsStatusError. */
  async call<P extends Nfs3ProcedureName>(
    procedure: P,
    args: ArgsOf<P>,
    context: CallContext,
  ): Promise<{ value: OkOf<P>; transmissions: number }> {
    const types = NFS3_PROCEDURES[procedure];
    const encoded = encodeXdr(types.args as XdrType<ArgsOf<P>>, args);
    for (let delay_ms = JUKEBOX_FIRST_MS; ; delay_ms = Math.min(JUKEBOX_MAX_MS, delay_ms * 2)) {
      const answer = await this.channel.call({
        program: RPC_PROGRAM.nfs,
        version: NFS3_VERSION,
        procedure: NFS3_PROCEDURE[procedure],
        credential: credentialOf(context.caller),
        args: encoded,
        timer: TIMERS[procedure],
        reply_bytes: REPLY_BYTES + dataBytes(args),
        background: context.background === true,
        cancellation: context.cancellation,
      });
      const result = decodeXdr(types.results as XdrType<Nfs3Result<OkOf<P>, unknown>>, answer.results);
      if (result === undefined) throw new MalformedReplyError(`${procedure}: the answer is malformed`);
      const { transmissions } = answer;
      if (result.ok) return { value: result.value, transmissions };
      if (result.status !== NFS3_STATUS.JUKEBOX) {
        throw new NfsStatusError(procedure, result.status, transmissions);
      }
      await sleep(delay_ms);
      if (context.cancellation?.cancelled === true) throw new CancelledError();
    }
  }

  /** As `call`, for those who do not ask how often it was sent. */
  async ask<P extends Nfs3ProcedureName>(
    procedure: P,
    args: ArgsOf<P>,
    context: CallContext,
  ): Promise<OkOf<P>> {
    return (await this.call(procedure, args, context)).value;
  }

  get counters(): Readonly<ChannelCounters> {
    return this.channel.counters;
  }

  close(): void {
    this.channel.close();
  }
}

/** What READ, READDIR and READDIRPLUS ask for. */
function dataBytes(args: unknown): number {
  if (typeof args !== 'object' || args === null || 'data' in args) return 0;
  if ('count_max' in args) return Number(args.count_max);
  return 'count' in args ? Number(args.count) : 0;
}
