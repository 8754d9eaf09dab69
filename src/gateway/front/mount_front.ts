/**
 * MOUNT of a virtual store (RFC 1813 appendix I, RFC 1094 appendix A). What only a store can answer goes on to the stores
 * from the client's own address: MNT, UMNT and UMNTALL. What concerns all stores is answered here: EXPORT, and to trusted
 * sources DUMP.
 */
import type { Ipv4Address } from '../../wire/address';
import {
  decodeMountPath,
  decodeMountResults,
  decodeMountV1Results,
  encodeExportResults,
  encodeMountList,
  MOUNT_OK,
  MOUNT_PROCEDURE,
  MOUNT_V1,
  MOUNT_VERSION,
} from '../../wire/mount';
import { decodeRpc, RPC_PROGRAM, type RpcCall } from '../../wire/rpc';
import { FrontCounters } from './counters';
import { exportOf, mergeExports, type ExportPool, type MergedExport } from './export_list';
import type { Forwarder } from './forwarder';
import type { FrontLimits } from './limits';
import { MountList } from './mount_list';
import { GARBAGE_ARGS, PROC_UNAVAIL, REFUSED, success, SYSTEM_ERR } from './rpc_program';
import type { Answer, IncomingCall, RpcProgram } from './rpc_program';
import { RpcServer } from './rpc_server';
import type { Sources } from './sources';
import type { StoreExports } from './store_exports';

export interface MountFrontOptions {
  /** The virtual address. */
  address: Ipv4Address;
  port: number;
  /** Default: 1 and 3. */
  versions?: readonly number[];
  sources: Sources;
  limits: FrontLimits;
  exports: StoreExports;
  /** Pools that serve the service; without them a path is shown that any store exports. */
  pools?: readonly ExportPool[];
  forwarder: Forwarder;
}

interface Merged {
  changes: number;
  exports: MergedExport[];
  /** Undefined if no store has told its exports. */
  results: Uint8Array | undefined;
}

export class MountFront implements RpcProgram {
  readonly program = RPC_PROGRAM.mount;
  readonly versions: readonly number[];
  readonly counters = new FrontCounters();
  private readonly server: RpcServer;
  private readonly mounts: MountList;
  private pools: readonly ExportPool[] | undefined;
  private merged: Merged | undefined;
  /** Calls that are with stores. Over UDP the client may send such a one again. */
  private readonly pending = new Set<string>();

  constructor(private readonly options: MountFrontOptions) {
    const { address, port, sources, limits } = options;
    this.versions = options.versions ?? [MOUNT_V1, MOUNT_VERSION];
    this.pools = options.pools;
    this.mounts = new MountList(limits);
    this.server = new RpcServer({ address, port, program: this, sources, limits, counters: this.counters });
  }

  /** Rejects when the port cannot be bound. */
  start(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  setPools(pools: readonly ExportPool[] | undefined): void {
    this.pools = pools;
    this.merged = undefined;
  }

  answer(incoming: IncomingCall): Answer | Promise<Answer> {
    switch (incoming.call.procedure) {
      case MOUNT_PROCEDURE.NULL:
        return success();
      case MOUNT_PROCEDURE.MNT:
      case MOUNT_PROCEDURE.UMNT:
      case MOUNT_PROCEDURE.UMNTALL:
        return this.forward(incoming);
      case MOUNT_PROCEDURE.DUMP:
        return this.dump(incoming);
      case MOUNT_PROCEDURE.EXPORT:
        return this.exportResults();
      default:
        return PROC_UNAVAIL;
    }
  }

  private dump({ standing }: IncomingCall): Answer {
    if (standing === 'trusted') return success(encodeMountList(this.mounts.entries()));
    this.counters.count('dumps_refused');
    return REFUSED;
  }

  private exportResults(): Answer {
    const { results } = this.merge();
    if (results === undefined) {
      this.counters.count('exports_unknown');
      return SYSTEM_ERR;
    }
    if (results.length <= this.options.limits.export_octets_max) return success(results);
    this.counters.count('answers_too_large');
    return SYSTEM_ERR;
  }

  private merge(): Merged {
    const { exports: stores } = this.options;
    // Asked first: it finds out what has expired.
    const lists = stores.lists();
    if (this.merged?.changes === stores.changes) return this.merged;
    const exports = mergeExports(lists, this.pools);
    const results = lists.size === 0 ? undefined : encodeExportResults(exports);
    return (this.merged = { changes: stores.changes, exports, results });
  }

  private async forward(incoming: IncomingCall): Promise<Answer> {
    const { call, call_bytes, client, transport } = incoming;
    const path = decodeMountPath(call.args);
    if (path === undefined && call.procedure !== MOUNT_PROCEDURE.UMNTALL) return GARBAGE_ARGS;
    const key = [transport, client.address, client.port, call.xid].join(' ');
    if (this.pending.has(key)) {
      this.counters.count('retransmissions');
      return undefined;
    }
    if (this.pending.size >= this.options.limits.pending_max) {
      this.counters.count('pending_full');
      return 'hang_up';
    }
    this.pending.add(key);
    try {
      this.counters.count('forwarded');
      const pool = path === undefined ? undefined : exportOf(this.merge().exports, path)?.pool;
      const reply = await this.within((signal) =>
        this.options.forwarder.call(client, call_bytes, { pool, signal }),
      );
      if (reply !== undefined && this.note(call, path, client.address, reply)) return reply;
      this.counters.count(reply === undefined ? 'unanswered' : 'forward_failures');
    } catch {
      this.counters.count('forward_failures');
    } finally {
      this.pending.delete(key);
    }
    return 'hang_up';
  }

  /** Undefined when it takes too long. */
  private async within(
    start: (signal: AbortSignal) => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> {
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        abort.abort();
        resolve(undefined);
      }, this.options.limits.forward_ms);
    });
    try {
      return await Promise.race([start(abort.signal), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps the list of mounts; false if this is no reply to the call. */
  private note(call: RpcCall, path: string | undefined, host: Ipv4Address, bytes: Uint8Array): boolean {
    const reply = decodeRpc(bytes);
    if (reply?.kind !== 'reply' || reply.xid !== call.xid) return false;
    if (reply.outcome.status !== 'success') return true;
    if (call.procedure === MOUNT_PROCEDURE.UMNTALL) this.mounts.removeHost(host);
    else if (path === undefined) return true;
    else if (call.procedure === MOUNT_PROCEDURE.UMNT) this.mounts.remove(host, path);
    else if (mountStatus(call.version, reply.outcome.results) === MOUNT_OK)
      this.counters.count('mounts_forgotten', this.mounts.add(host, path));
    return true;
  }
}

function mountStatus(version: number, results: Uint8Array): number | undefined {
  const result = version === MOUNT_V1 ? decodeMountV1Results(results) : decodeMountResults(results);
  return result?.status;
}
