import type { ActionProfileGroup_Member } from 'p4runtime-js';
import { decodeBits, encodeBits } from '../bytestring';
import { RpcError } from '../rpc_error';

type WatchKind = ActionProfileGroup_Member['watchKind'];

const PORT_WIDTH_BITS = 32;

/** The port a member's liveness depends on; undefined: none. `watch` is the deprecated form, in which 0 is no port. */
export function decodeWatchPort(what: string, kind: WatchKind): number | undefined {
  switch (kind?.$case) {
    case undefined:
      return undefined;
    case 'watch':
      if (kind.value < 0) throw new RpcError('INVALID_ARGUMENT', `${what}: watch ${kind.value} is no port`);
      return kind.value === 0 ? undefined : kind.value;
    case 'watchPort':
      if (kind.value.length === 0) return undefined;
      return Number(decodeBits(kind.value, PORT_WIDTH_BITS, `${what}, watch_port`));
  }
}

export function encodeWatchPort(port: number | undefined): WatchKind {
  return port === undefined ? undefined : { $case: 'watchPort', value: encodeBits(BigInt(port)) };
}
