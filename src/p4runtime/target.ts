/** Where a P4Runtime target listens: `grpc://host:port?device_id=N` or `grpc+unix:///socket?device_id=N`. */
import { TargetError } from './errors';

export type Target = ({ host: string; port: number } | { socket_path: string }) & { device_id: bigint };

/** The port IANA gave P4Runtime (specification, "P4Runtime server discovery"). */
export const DEFAULT_PORT = 9559;
const DEVICE_ID_MAX = (1n << 64n) - 1n;

/** Throws TargetError. The port defaults to 9559, device_id to 0. */
export function parseTarget(text: string): Target {
  const expected = `expected grpc://HOST[:PORT][?device_id=N] or grpc+unix:///PATH[?device_id=N], such as grpc://127.0.0.1:${DEFAULT_PORT}?device_id=0`;
  const fail = (problem: string): never => {
    throw new TargetError(`"${text}": ${problem}; ${expected}`);
  };
  if (!URL.canParse(text)) return fail('not a URL');
  const url = new URL(text);
  const isUnix = url.protocol === 'grpc+unix:';
  if (!isUnix && url.protocol !== 'grpc:') return fail(`scheme "${url.protocol.slice(0, -1)}"`);
  if (url.username !== '' || url.password !== '') return fail('user names are not used');
  if (isUnix) {
    if (url.hostname !== '' || url.pathname.length < 2) return fail('not an absolute path');
  } else if (url.hostname === '') {
    return fail('no host');
  } else if (url.pathname !== '' && url.pathname !== '/') {
    return fail('nothing may follow the port');
  }
  if (url.hash !== '') return fail('nothing may follow the device');
  for (const key of url.searchParams.keys()) {
    if (key !== 'device_id') return fail(`unknown parameter "${key}"`);
  }
  const ids = url.searchParams.getAll('device_id');
  if (ids.length > 1) return fail('device_id given more than once');
  const id = ids[0] ?? '0';
  if (!/^\d+$/.test(id) || BigInt(id) > DEVICE_ID_MAX) {
    return fail(`device_id "${id}" is not a number from 0 to 2^64-1`);
  }
  const device_id = BigInt(id);
  if (isUnix) return { socket_path: decodeURIComponent(url.pathname), device_id };
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  if (port === 0) return fail('port 0');
  return { host: url.hostname, port, device_id };
}

/** The text `parseTarget` reads back. */
export function formatTarget(target: Target): string {
  const address =
    'socket_path' in target
      ? `grpc+unix://${encodeURI(target.socket_path)}`
      : `grpc://${target.host}:${target.port}`;
  return `${address}?device_id=${target.device_id}`;
}

/** What @grpc/grpc-js calls a target: without device. IPv6 addresses keep their brackets. */
export function grpcAddress(target: Target): string {
  return 'socket_path' in target ? `unix:${target.socket_path}` : `${target.host}:${target.port}`;
}
