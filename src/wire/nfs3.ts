/** NFS version 3 (RFC 1813): procedures, the file handle a call starts with, and arguments of common calls. */
import { XdrReader, XdrWriter } from './xdr';

export const NFS3_VERSION = 3;
export const NFS_PORT = 2049;
export const FILE_HANDLE_LENGTH_MAX = 64;

export const NFS3_PROCEDURE = {
  NULL: 0,
  GETATTR: 1,
  SETATTR: 2,
  LOOKUP: 3,
  ACCESS: 4,
  READLINK: 5,
  READ: 6,
  WRITE: 7,
  CREATE: 8,
  MKDIR: 9,
  SYMLINK: 10,
  MKNOD: 11,
  REMOVE: 12,
  RMDIR: 13,
  RENAME: 14,
  LINK: 15,
  READDIR: 16,
  READDIRPLUS: 17,
  FSSTAT: 18,
  FSINFO: 19,
  PATHCONF: 20,
  COMMIT: 21,
} as const;

export type Nfs3ProcedureName = keyof typeof NFS3_PROCEDURE;

const NAMES = Object.keys(NFS3_PROCEDURE) as Nfs3ProcedureName[];

/** Undefined for a number NFSv3 does not have. */
export function nfs3ProcedureName(procedure: number): Nfs3ProcedureName | undefined {
  return NAMES[procedure];
}

/**
 * The file handle that the arguments of every procedure but NULL start with: the object, or the directory of the
 * name that follows. Undefined if it is cut short, empty or too long.
 */
export function decodeLeadingHandle(args: Uint8Array): Uint8Array | undefined {
  const reader = new XdrReader(args);
  const handle = reader.opaque(FILE_HANDLE_LENGTH_MAX);
  return reader.ok && handle.length > 0 ? handle : undefined;
}

/** How durable a WRITE must be before its reply (stable_how). */
export const WRITE_STABILITY = { UNSTABLE: 0, DATA_SYNC: 1, FILE_SYNC: 2 } as const;

/** Arguments of GETATTR, READLINK, FSSTAT, FSINFO and PATHCONF: one handle. */
export function encodeHandleArgs(handle: Uint8Array): Uint8Array {
  return new XdrWriter().opaque(handle).finish();
}

/** Arguments of LOOKUP, REMOVE and RMDIR: a name in a directory (diropargs3). */
export function encodeDirectoryEntryArgs(directory: Uint8Array, name: string): Uint8Array {
  return new XdrWriter().opaque(directory).string(name).finish();
}

export function encodeRenameArgs(
  fromDirectory: Uint8Array,
  fromName: string,
  toDirectory: Uint8Array,
  toName: string,
): Uint8Array {
  return new XdrWriter().opaque(fromDirectory).string(fromName).opaque(toDirectory).string(toName).finish();
}

/** Arguments of READ and of COMMIT, which share their layout. */
export function encodeRangeArgs(handle: Uint8Array, offset: bigint, count: number): Uint8Array {
  return new XdrWriter().opaque(handle).uint64(offset).uint32(count).finish();
}

export function encodeWriteArgs(
  handle: Uint8Array,
  offset: bigint,
  stability: number,
  data: Uint8Array,
): Uint8Array {
  const writer = new XdrWriter().opaque(handle).uint64(offset).uint32(data.length).uint32(stability);
  return writer.opaque(data).finish();
}

/** The status (nfsstat3) that every result but NULL's starts with; 0 is OK. */
export function decodeNfsStatus(results: Uint8Array): number | undefined {
  const reader = new XdrReader(results);
  const status = reader.uint32();
  return reader.ok ? status : undefined;
}
