/**
 * The objects the kernel knows: a node id for each file handle. The kernel says how many look-ups it forgets, so the
 * table holds what the kernel holds, and files whose data are still on their way.
 */
import type { FileWriter } from '../nfs_client/file_writer';
import type { Nfs3Attributes, Nfs3Time } from '../wire/nfs3/attributes';
import { ROOT_NODEID } from './protocol/constants';
import { ERRNO, FuseError } from './protocol/errno';

/** By these one sees whether a file is still what it was. */
export interface FileVersion {
  size: bigint;
  mtime: Nfs3Time;
  ctime: Nfs3Time;
}

export interface Inode {
  nodeid: number;
  handle: Uint8Array;
  /** Answers that named it and that the kernel has not forgotten. */
  lookups: number;
  /** Open file handles. */
  opens: number;
  /** The server's newest, and when they came. */
  attributes: Nfs3Attributes | undefined;
  attributes_at_ms: number;
  /** What the kernel was told last. */
  told: FileVersion | undefined;
  /** Written to since; then the kernel asks by itself. */
  written_since_told: boolean;
  writer: FileWriter | undefined;
  /** The name it got when it was removed while open. */
  silly_name: { directory: Uint8Array; name: Uint8Array } | undefined;
}

export class InodeTable {
  private readonly by_nodeid = new Map<number, Inode>();
  private readonly by_handle = new Map<string, Inode>();
  private next_nodeid = ROOT_NODEID;

  constructor(root: Uint8Array) {
    // Never forgotten.
    this.add(root).lookups = 1;
  }

  /** How many objects. */
  get size(): number {
    return this.by_nodeid.size;
  }

  get(nodeid: number): Inode {
    const inode = this.by_nodeid.get(nodeid);
    if (inode === undefined) throw new FuseError(ERRNO.ESTALE);
    return inode;
  }

  find(handle: Uint8Array): Inode | undefined {
    return this.by_handle.get(keyOf(handle));
  }

  /** The inode of an object, made if need be; the caller counts the look-up it answers. */
  ofHandle(handle: Uint8Array): Inode {
    return this.find(handle) ?? this.add(handle);
  }

  forget(nodeid: number, lookups: number): void {
    const inode = this.by_nodeid.get(nodeid);
    if (inode === undefined || nodeid === ROOT_NODEID) return;
    inode.lookups = Math.max(0, inode.lookups - lookups);
    this.collect(inode);
  }

  /** Drops an inode that nobody needs any more. */
  collect(inode: Inode): void {
    if (inode.lookups > 0 || inode.opens > 0 || inode.writer?.isIdle === false) return;
    this.by_nodeid.delete(inode.nodeid);
    this.by_handle.delete(keyOf(inode.handle));
  }

  [Symbol.iterator](): IterableIterator<Inode> {
    return this.by_nodeid.values();
  }

  private add(handle: Uint8Array): Inode {
    const inode: Inode = {
      nodeid: this.next_nodeid++,
      // A copy: it came in a datagram whose buffer it would keep.
      handle: Uint8Array.from(handle),
      lookups: 0,
      opens: 0,
      attributes: undefined,
      attributes_at_ms: -Infinity,
      told: undefined,
      written_since_told: false,
      writer: undefined,
      silly_name: undefined,
    };
    this.by_nodeid.set(inode.nodeid, inode);
    this.by_handle.set(keyOf(handle), inode);
    return inode;
  }
}

function keyOf(handle: Uint8Array): string {
  return Buffer.from(handle.buffer, handle.byteOffset, handle.length).toString('latin1');
}
