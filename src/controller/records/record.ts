/** A performance record: one sampled request and its response, as plain values that JSON carries. */
import { PROCEDURES } from '../../dataplane/procedures';
import type { Ipv4Address } from '../../wire/address';
import { decodeLeadingHandle, decodeNfsStatus, NFS3_VERSION } from '../../wire/nfs3';
import { AUTH_FLAVOR, RPC_PROGRAM, type RpcCall, type RpcReply } from '../../wire/rpc';

export interface PerformanceRecord {
  virtual_store: string;
  service: string;
  /** Of the last transmission; absent where the switch chose none. */
  store?: string;
  client: Ipv4Address;
  client_port: number;
  xid: number;
  program: number;
  version: number;
  /** As its RFC writes it; its number where no table of ours names it. */
  procedure: string;
  /** File handle that an NFSv3 call begins with, in hexadecimal; absent where it cannot be read. */
  object?: string;
  /** Arrival of the first transmission at the switch: ISO 8601 with microseconds, UTC. */
  request_time: string;
  /** Arrival of the response at the switch. This and what follows is absent of a request that was not answered. */
  response_time?: string;
  elapsed_us?: number;
  /** Of the RPC message. */
  request_bytes: number;
  response_bytes?: number;
  /** Times the client sent the request until it was answered. */
  transmissions: number;
  /** `success`, or why the call was not run (RFC 5531, section 9). */
  outcome?: RpcReply['outcome']['status'];
  /** nfsstat3 of an NFSv3 call that was run; 0 is OK. */
  nfs_status?: number;
}

const NAMES = new Map(PROCEDURES.map((one) => [`${one.program} ${one.version} ${one.procedure}`, one.name]));

export function procedureName({ program, version, procedure }: RpcCall): string {
  return NAMES.get(`${program} ${version} ${procedure}`) ?? String(procedure);
}

/** Arguments under RPCSEC_GSS are hidden, or follow what we do not read. */
export function objectOf(call: RpcCall): string | undefined {
  if (!isNfs3(call) || call.procedure === 0 || call.credential.flavor === AUTH_FLAVOR.rpcsecGss) {
    return undefined;
  }
  const handle = decodeLeadingHandle(call.args);
  return handle === undefined ? undefined : Buffer.from(handle).toString('hex');
}

export function nfsStatusOf(call: RpcCall, { outcome }: RpcReply): number | undefined {
  if (!isNfs3(call) || call.procedure === 0 || call.credential.flavor === AUTH_FLAVOR.rpcsecGss) {
    return undefined;
  }
  return outcome.status === 'success' ? decodeNfsStatus(outcome.results) : undefined;
}

function isNfs3({ program, version }: RpcCall): boolean {
  return program === RPC_PROGRAM.nfs && version === NFS3_VERSION;
}

/** ISO 8601 with microseconds, UTC. */
export function formatTime(time_us: number): string {
  const whole_us = Math.round(time_us);
  const milliseconds = new Date(Math.floor(whole_us / 1000)).toISOString().slice(0, -1);
  return `${milliseconds}${String(whole_us % 1000).padStart(3, '0')}Z`;
}
