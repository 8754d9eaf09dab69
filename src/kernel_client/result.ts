/** What the kernel client met: the JSON document of `npm run test:kernel -- --json`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDbench } from './dbench';
import { unexplainedOperations } from './history';
import { nameEffect } from './name_effects';
import { ERRNO, parseOperationLog, type LoggedOperation } from './operation_log';
import type { Transport } from './transports';

export interface TransportResult {
  transport: Transport;
  /** The command. */
  mount: string;
  /** Logged system calls, and what dbench counts in runs that ended. */
  operations: number;
  dbench_runs: number;
  dbench_operations: number;
  bytes_written: number;
  bytes_read: number;
  /** These three must be 0. Errors that no operation should meet; ENOENT and EEXIST on names may be right. */
  failed_operations: number;
  /** Read by the client, or found on the stores' disk after the end. */
  corrupted_bytes: number;
  /** See history.ts. */
  duplicate_executions: number;
  /** RPC calls of the kernel, and those it sent again. */
  rpc_calls: number;
  rpc_retransmissions: number;
  /** SMB requests of the kernel, and how often it had to connect anew. */
  smb_requests: number;
  smb_reconnects: number;
  /** Replies of stores that were dropped on purpose; see reply_loss.ts. */
  replies_withheld: number;
  /** Of requests that the gateway made of TCP clients' calls. */
  gateway_retransmissions: number;
  /** What the switch counted meanwhile: requests by store, drops by reason. */
  store_requests: Record<string, number>;
  drops: Record<string, number>;
}

/** The run did not come to its end. */
export interface FailedTransport {
  transport: Transport;
  failed: string;
}

export interface KernelClientResult {
  target: string;
  /** Of the guest. */
  kernel: string;
  seed: number;
  transports: (TransportResult | FailedTransport)[];
}

/** The part of the result that the guest left in its folder. */
export type GuestFigures = Omit<
  TransportResult,
  'transport' | 'mount' | 'replies_withheld' | 'gateway_retransmissions' | 'store_requests' | 'drops'
>;

export interface GuestReport {
  figures: GuestFigures;
  /** What must not be, in words. */
  complaints: string[];
}

const COMPLAINTS_MAX = 20;

/** `share`: the load's folder as the stores see it. `moment` names the phase in which a time falls. */
export function readGuestReport(
  results: string,
  share: string,
  moment: (time_us: number) => string,
): GuestReport {
  const log = readdirSync(results)
    .filter((name) => name.startsWith('operations-'))
    .flatMap((name) => parseOperationLog(readIfThere(join(results, name)), join(results, name)));
  const dbench = parseDbench(readIfThere(join(results, 'dbench')));
  const failed = log.filter(hasFailed);
  const unexplained = unexplainedOperations(log);
  const misread = log.filter(({ wrong_bytes }) => wrong_bytes > 0);
  const onDisk = compareWithDisk(results, share);
  const sum = (of: (operation: LoggedOperation) => number): number =>
    log.reduce((total, operation) => total + of(operation), 0);
  const describe = (operation: LoggedOperation): string =>
    [operation.kind, operation.name, operation.name2, moment(operation.ended_us)]
      .filter((word) => word !== '')
      .join(' ');
  const [rpc_calls, rpc_retransmissions] = rpcCounts(readIfThere(join(results, 'rpc')));
  return {
    figures: {
      operations: log.length + dbench.operations,
      dbench_runs: dbench.runs,
      dbench_operations: dbench.operations,
      bytes_written: sum(({ kind, bytes }) => (kind === 'write' ? bytes : 0)),
      bytes_read: sum(({ kind, bytes }) => (kind === 'read' ? bytes : 0)),
      failed_operations: failed.length + dbench.failures.length,
      corrupted_bytes: sum(({ wrong_bytes }) => wrong_bytes) + onDisk.wrong_bytes,
      duplicate_executions: unexplained.length,
      rpc_calls,
      rpc_retransmissions,
      ...smbCounts(readIfThere(join(results, 'smb'))),
    },
    complaints: [
      ...failed.map((operation) => `${describe(operation)}: errno ${operation.error}`),
      ...misread.map((operation) => `${describe(operation)}: ${operation.wrong_bytes} bytes differ`),
      ...onDisk.files.map((file) => `${file} is not what was written`),
      ...unexplained.map(
        (operation) => `${describe(operation)}: errno ${operation.error}, which nothing explains`,
      ),
      ...dbench.failures.map((line) => `dbench: ${line}`),
    ].slice(0, COMPLAINTS_MAX),
  };
}

/** Whether nothing went wrong. */
export function isClean(result: KernelClientResult['transports'][number]): boolean {
  if ('failed' in result) return false;
  const { failed_operations, corrupted_bytes, duplicate_executions } = result;
  return failed_operations === 0 && corrupted_bytes === 0 && duplicate_executions === 0;
}

function hasFailed(operation: LoggedOperation): boolean {
  if (operation.error === 0) return false;
  const isAnswer = operation.error === ERRNO.ENOENT || operation.error === ERRNO.EEXIST;
  return !isAnswer || nameEffect(operation) === undefined;
}

function compareWithDisk(results: string, share: string): { wrong_bytes: number; files: string[] } {
  const report = { wrong_bytes: 0, files: [] as string[] };
  for (const name of readdirSync(results)) {
    const file = /^expected-(.*)$/.exec(name)?.[1];
    if (file === undefined) continue;
    const expected = readFileSync(join(results, name));
    const path = join(share, `data-${file}`);
    const wrong_bytes = differingBytes(expected, existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
    report.wrong_bytes += wrong_bytes;
    if (wrong_bytes > 0) report.files.push(path);
  }
  return report;
}

/** Bytes at which two contents differ; those that only one has count too. */
export function differingBytes(one: Uint8Array, other: Uint8Array): number {
  let count = Math.abs(one.length - other.length);
  for (let at = 0; at < Math.min(one.length, other.length); at++) if (one[at] !== other[at]) count++;
  return count;
}

/** Calls and retransmissions of /proc/net/rpc/nfs: `rpc CALLS RETRANSMISSIONS REFRESHES`. */
function rpcCounts(text: string): [number, number] {
  const [, calls, retransmissions] = /^rpc (\d+) (\d+)/m.exec(text) ?? [];
  return [Number(calls ?? 0), Number(retransmissions ?? 0)];
}

/** Of /proc/fs/cifs/Stats: `0 session 0 share reconnects`, and `SMBs: COUNT` for each share. */
function smbCounts(text: string): Pick<TransportResult, 'smb_requests' | 'smb_reconnects'> {
  const [, sessions, shares] = /^(\d+) session (\d+) share reconnects$/m.exec(text) ?? [];
  const requests = [...text.matchAll(/^SMBs: (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { smb_requests: requests, smb_reconnects: Number(sessions ?? 0) + Number(shares ?? 0) };
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
