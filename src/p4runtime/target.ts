/** Where a P4Runtime target listens: `grpc://host:port?device_id=N`. */
import { TargetError } from './errors';

export interface Target {
  host: string;
  port: number;
  device_id: bigint;
}

/** The port IANA gave P4Runtime (specification, "P4Runtime server discovery"). */
export const DEFAULT_PORT = 9559;
const DEVICE_ID_MAX = (1n << 64n) - 1n;

/** Throws TargetError. The port defaults to 9559, device_id to 0. */
export function parseTarget(text: string): Target {
  const expected = `expected grpc://HOST[:PORT][?device_id=N], such as grpc://127.0.0.1:${DEFAULT_PORT}?device_id=0`;
  const fail = (problem: string): never => {
    throw new TargetError(`"${text}": ${problem}; ${expected}`);
  };
  if (!URL.canParse(text)) return fail('not a URL');
  const url = new URL(text);
  if (url.protocol !== 'grpc:') return fail(`scheme "${url.protocol.slice(0, -1)}"`);
  if (url.hostname === '') return fail('no host');
  if (url.username !== '' || url.password !== '') return fail('user names are not used');
  if ((url.pathname !== '' && url.pathname !== '/') || url.hash !== '')
    return fail('nothing may follow the port');
  for (const key of url.searchParams.keys()) {
    if (key !== 'device_id') return fail(`unknown parameter "${key}"`);
  }
  const ids = url.searchParams.getAll('device_id');
  if (ids.length > 1) return fail('device_id given more than once');
  const id = ids[0] ?? '0';
  if (!/^\d+$/.test(id) || BigInt(id) > DEVICE_ID_MAX) {
    return fail(`device_id "${id}" is not a number from 0 to 2^64-1`);
  }
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  if (port === 0) return fail('port 0');
  return { host: url.hostname, port, device_id: BigInt(id) };
}

/** The text `parseTarget` reads back. */
export function formatTarget(target: Target): string {
  return `grpc://${target.host}:${target.port}?device_id=${target.device_id}`;
}

/** What @grpc/grpc-js calls a target: without device. IPv6 addresses keep their brackets. */
export function grpcAddress(target: Target): string {
  return `${target.host}:${target.port}`;
}
