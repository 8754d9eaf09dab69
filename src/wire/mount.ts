/** MOUNT version 3 (RFC 1813 appendix I): turns export paths into file handles. */
import { FILE_HANDLE_LENGTH_MAX } from './nfs3';
import { XdrReader, XdrWriter } from './xdr';

export const MOUNT_VERSION = 3;
export const MOUNT_PROCEDURE = { NULL: 0, MNT: 1, DUMP: 2, UMNT: 3, UMNTALL: 4, EXPORT: 5 } as const;

/** MNTPATHLEN and MNTNAMLEN. */
const PATH_LENGTH_MAX = 1024;
const NAME_LENGTH_MAX = 255;
/** Ours, against lists without end. */
const LIST_LENGTH_MAX = 65_536;

export const MOUNT_OK = 0;

export type MountResult =
  | { status: typeof MOUNT_OK; handle: Uint8Array; authFlavors: number[] }
  /** A mountstat3 other than 0, such as 2 (no entry) or 13 (no access). */
  | { status: number; handle?: never };

export interface ExportEntry {
  directory: string;
  /** Host or group names; empty: everyone. */
  groups: string[];
}

/** The argument of MNT and UMNT. */
export function encodeMountPath(path: string): Uint8Array {
  return new XdrWriter().string(path).finish();
}

export function decodeMountPath(args: Uint8Array): string | undefined {
  const reader = new XdrReader(args);
  const path = reader.string(PATH_LENGTH_MAX);
  return reader.ok ? path : undefined;
}

export function decodeMountResults(results: Uint8Array): MountResult | undefined {
  const reader = new XdrReader(results);
  const status = reader.uint32();
  if (status !== MOUNT_OK) return reader.ok ? { status } : undefined;
  const handle = reader.opaque(FILE_HANDLE_LENGTH_MAX);
  const authFlavors = reader.array(LIST_LENGTH_MAX, () => reader.uint32());
  return reader.ok ? { status, handle, authFlavors } : undefined;
}

export function decodeExportResults(results: Uint8Array): ExportEntry[] | undefined {
  const reader = new XdrReader(results);
  const entries = reader.list(LIST_LENGTH_MAX, () => ({
    directory: reader.string(PATH_LENGTH_MAX),
    groups: reader.list(LIST_LENGTH_MAX, () => reader.string(NAME_LENGTH_MAX)),
  }));
  return reader.ok ? entries : undefined;
}
