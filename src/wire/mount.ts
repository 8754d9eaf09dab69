/**
 * MOUNT version 3 (RFC 1813 appendix I): turns export paths into file handles. Version 1 (RFC 1094 appendix A) has the
 * same procedures and differs in the results of MNT alone.
 *
 * Paths and names decode to *octet strings*, one character an octet: NFS gives them no character set, and they are sent on.
 */
import { FILE_HANDLE_LENGTH_MAX } from './nfs3';
import { XdrReader, XdrWriter } from './xdr';

export const MOUNT_VERSION = 3;
export const MOUNT_V1 = 1;
export const MOUNT_PROCEDURE = { NULL: 0, MNT: 1, DUMP: 2, UMNT: 3, UMNTALL: 4, EXPORT: 5 } as const;

/** MNTPATHLEN and MNTNAMLEN. */
const PATH_LENGTH_MAX = 1024;
const NAME_LENGTH_MAX = 255;
/** FHSIZE of version 1. */
const V1_HANDLE_LENGTH = 32;
/** Ours, against lists without end. */
const LIST_LENGTH_MAX = 65_536;

export const MOUNT_OK = 0;

export type MountResult =
  | { status: typeof MOUNT_OK; handle: Uint8Array; authFlavors: number[] }
  /** A mountstat3 other than 0, such as 2 (no entry) or 13 (no access). */
  | { status: number; handle?: never };

/** Of version 1: a handle of 32 octets, or an errno other than 0. */
export type MountV1Result =
  { status: typeof MOUNT_OK; handle: Uint8Array } | { status: number; handle?: never };

export interface ExportEntry {
  directory: string;
  /** Host or group names; empty: everyone. */
  groups: string[];
}

/** Who says to have mounted what. */
export interface MountEntry {
  hostname: string;
  directory: string;
}

/** The argument of MNT and UMNT; the path goes out as UTF-8. */
export function encodeMountPath(path: string): Uint8Array {
  return new XdrWriter().string(path).finish();
}

/** An octet string. */
export function decodeMountPath(args: Uint8Array): string | undefined {
  const reader = new XdrReader(args);
  const path = reader.octets(PATH_LENGTH_MAX);
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

export function encodeMountResults(result: MountResult): Uint8Array {
  const writer = new XdrWriter().uint32(result.status);
  if (result.handle === undefined) return writer.finish();
  return writer
    .opaque(result.handle)
    .array(result.authFlavors, (flavor) => writer.uint32(flavor))
    .finish();
}

export function decodeMountV1Results(results: Uint8Array): MountV1Result | undefined {
  const reader = new XdrReader(results);
  const status = reader.uint32();
  if (status !== MOUNT_OK) return reader.ok ? { status } : undefined;
  const handle = reader.fixedOpaque(V1_HANDLE_LENGTH);
  return reader.ok ? { status, handle } : undefined;
}

export function decodeExportResults(results: Uint8Array): ExportEntry[] | undefined {
  const reader = new XdrReader(results);
  const entries = reader.list(LIST_LENGTH_MAX, () => ({
    directory: reader.octets(PATH_LENGTH_MAX),
    groups: reader.list(LIST_LENGTH_MAX, () => reader.octets(NAME_LENGTH_MAX)),
  }));
  return reader.ok ? entries : undefined;
}

export function encodeExportResults(entries: readonly ExportEntry[]): Uint8Array {
  const writer = new XdrWriter();
  return writer
    .list(entries, ({ directory, groups }) =>
      writer.octets(directory).list(groups, (group) => writer.octets(group)),
    )
    .finish();
}

export function decodeMountList(results: Uint8Array): MountEntry[] | undefined {
  const reader = new XdrReader(results);
  const entries = reader.list(LIST_LENGTH_MAX, () => ({
    hostname: reader.octets(NAME_LENGTH_MAX),
    directory: reader.octets(PATH_LENGTH_MAX),
  }));
  return reader.ok ? entries : undefined;
}

/** The results of DUMP. */
export function encodeMountList(entries: readonly MountEntry[]): Uint8Array {
  const writer = new XdrWriter();
  return writer
    .list(entries, ({ hostname, directory }) => writer.octets(hostname).octets(directory))
    .finish();
}
