/** Mounts an NFSv3 export on a folder, and serves it until it is unmounted. */
import { stat, writeFile } from 'node:fs/promises';
import { mountExport, type ExportAddress } from '../nfs_client/mount_export';
import type { ChannelCounters, ChannelEvent } from '../nfs_client/udp_channel';
import { WriteBudget } from '../nfs_client/write_budget';
import { Callers } from './callers';
import { InodeTable } from './inode_table';
import { KernelMount } from './kernel_mount';
import type { MountState } from './mount_state';
import { NfsFileSystem } from './nfs_file_system';
import { FuseSession, READ_BYTES_MAX } from './session';

export interface MountOptions extends ExportAddress {
  folder: string;
  /** Bytes of one READ and WRITE, at most what the server takes. */
  read_bytes: number;
  write_bytes: number;
  /** How long names, attributes and the absence of names are taken as known. */
  entry_ms: number;
  attributes_ms: number;
  no_entry_ms: number;
  /** What the kernel reads ahead of a process that reads in order. */
  readahead_bytes: number;
  /** Data of all files together that may wait to reach stable storage. */
  write_behind_bytes: number;
  calls_max: number;
  /** Give up after so long without an answer; undefined: never. */
  give_up_ms: number | undefined;
  reserved_port: boolean;
  allow_other: boolean;
  kernel_permissions: boolean;
  read_only: boolean;
  onEvent?: (event: MountEvent) => void;
}

export type MountEvent = ChannelEvent | { event: 'readahead_unchanged'; reason: string };

/** Waits as the Linux client's are: `timeo` of 1.1 s, doubled; but never so long that a store's return goes unnoticed. */
const RETRANSMISSION = { initial_ms: 1100, min_ms: 200, max_ms: 4400 };
/** A datagram of 64 KiB less the headers. */
export const TRANSFER_BYTES_MAX = 57_344;
export const TRANSFER_BYTES_MIN = 1024;
const ROOT = { caller: { uid: 0, gid: 0, gids: [] } };

export interface MountedFolder {
  folder: string;
  read_bytes: number;
  write_bytes: number;
  /** Resolves when the folder has been unmounted, by whomever, and everything is on stable storage. */
  done: Promise<void>;
  /** `busy`: programs use it; it is still mounted, unless `detach`: then it goes when they are done. */
  unmount(detach: boolean): Promise<'unmounted' | 'busy'>;
  /** Of calls to the server so far. */
  counters: Readonly<ChannelCounters>;
  /** Brings everything to stable storage at once, as before a process that cannot wait for others ends. */
  finish(): Promise<void>;
}

/** Rejects with MountError, and what `mountExport` rejects with. */
export async function mountNfs(options: MountOptions): Promise<MountedFolder> {
  const mounted = await mountExport(options, {
    reserved_port: options.reserved_port,
    calls_max: options.calls_max,
    times: RETRANSMISSION,
    give_up_ms: options.give_up_ms,
    ...(options.onEvent && { onEvent: options.onEvent }),
  });
  const { client, root, information } = mounted;
  try {
    const read_bytes = transferBytes(options.read_bytes, information.rtmax);
    const write_bytes = transferBytes(options.write_bytes, information.wtmax);
    const kernel = await KernelMount.create({
      folder: options.folder,
      source: `${options.address}:${options.path}`,
      allow_other: options.allow_other,
      kernel_permissions: options.kernel_permissions,
      read_only: options.read_only,
      read_bytes_max: READ_BYTES_MAX,
    });
    const { entry_ms, attributes_ms, no_entry_ms, readahead_bytes } = options;
    const state: MountState = {
      ...{ client, information, read_bytes },
      inodes: new InodeTable(root),
      callers: new Callers(),
      budget: new WriteBudget(write_bytes, options.write_behind_bytes),
      name_length_max: mounted.name_length_max,
      times: { entry_ms, attributes_ms, no_entry_ms },
      attributesChanged: (nodeid) => session.attributesChanged(nodeid),
    };
    const file_system = new NfsFileSystem(state);
    const session = new FuseSession(kernel.fd, file_system, readahead_bytes);
    const finish = async (): Promise<void> => {
      await file_system.finish(ROOT);
      await mounted.unmount();
      client.close();
    };
    const served = session.serve();
    // Also here, so that a failure before anybody awaits `done` is not one that nobody handles.
    served.catch(() => undefined);
    const reason = await setReadahead(kernel.folder, readahead_bytes);
    if (reason !== undefined) options.onEvent?.({ event: 'readahead_unchanged', reason });
    return {
      folder: kernel.folder,
      ...{ read_bytes, write_bytes, finish, counters: client.counters },
      done: served.then(finish),
      unmount: (detach) => kernel.unmount(detach),
    };
  } catch (error) {
    await mounted.unmount();
    client.close();
    throw error;
  }
}

/** A multiple of what READ and WRITE of every server like. */
function transferBytes(wanted: number, server_max: number): number {
  const bytes = Math.min(wanted, server_max, TRANSFER_BYTES_MAX);
  return Math.max(TRANSFER_BYTES_MIN, bytes - (bytes % TRANSFER_BYTES_MIN));
}

/** What the kernel allows at mounting is less. A reason why it stays so, where it does. */
async function setReadahead(folder: string, bytes: number): Promise<string | undefined> {
  try {
    const { dev } = await stat(folder);
    const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)];
    await writeFile(`/sys/class/bdi/${major}:${minor}/read_ahead_kb`, String(Math.ceil(bytes / 1024)));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
