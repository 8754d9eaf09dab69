/** Calls as a front's program gets them. */
import { DEFAULT_FRONT_LIMITS } from '../../../src/gateway/front/limits';
import { DEFAULT_SOURCES_OPTIONS, Sources } from '../../../src/gateway/front/sources';
import type { IncomingCall } from '../../../src/gateway/front/rpc_program';
import { AUTH_NONE, decodeRpc, encodeRpc, type RpcCall, type RpcReply } from '../../../src/wire/rpc';
import { FakeClock } from '../../controller/fake_clock';

let xid = 1;

export function rpcCall(
  program: number,
  version: number,
  procedure: number,
  args: Uint8Array = new Uint8Array(0),
): RpcCall {
  const auth = { credential: AUTH_NONE, verifier: AUTH_NONE };
  return { kind: 'call', xid: xid++, program, version, procedure, args, ...auth };
}

export function incoming(call: RpcCall, rest: Partial<IncomingCall> = {}): IncomingCall {
  return {
    call,
    call_bytes: encodeRpc(call),
    client: { address: '10.0.0.1', port: 700 },
    transport: 'tcp',
    standing: 'trusted',
    ...rest,
  };
}

export function decodeReply(bytes: Uint8Array): RpcReply {
  const reply = decodeRpc(bytes);
  if (reply?.kind !== 'reply') throw new Error('no reply');
  return reply;
}

/** What a front needs besides its own options; nothing of it listens. */
export function surroundings() {
  return {
    sources: new Sources(DEFAULT_SOURCES_OPTIONS, new FakeClock()),
    limits: DEFAULT_FRONT_LIMITS,
  };
}
