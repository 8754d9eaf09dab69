/** Who makes a call, as AUTH_SYS tells a server (RFC 5531 appendix A). */
import { hostname } from 'node:os';
import { encodeAuthSys, type RpcAuth } from '../wire/rpc';

export interface Caller {
  uid: number;
  gid: number;
  /** Supplementary groups; AUTH_SYS carries the first 16. */
  gids: readonly number[];
}

const GIDS_MAX = 16;
const MACHINE_NAME_LENGTH_MAX = 64;
/** Callers recur: each one's credential is encoded once while it is among the last so many. */
const ENCODED_MAX = 256;

const encoded = new Map<string, RpcAuth>();

export function credentialOf({ uid, gid, gids }: Caller): RpcAuth {
  const key = `${uid} ${gid} ${gids.join(',')}`;
  const known = encoded.get(key);
  if (known !== undefined) return known;
  const machineName = hostname().slice(0, MACHINE_NAME_LENGTH_MAX);
  const auth = encodeAuthSys({ stamp: 0, machineName, uid, gid, gids: gids.slice(0, GIDS_MAX) });
  const oldest = encoded.size >= ENCODED_MAX ? encoded.keys().next().value : undefined;
  if (oldest !== undefined) encoded.delete(oldest);
  encoded.set(key, auth);
  return auth;
}
