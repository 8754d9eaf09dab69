/**
 * Requests of the kernel: a header, and what the operation takes (linux/fuse.h). The kernel writes them, so a malformed
 * one is a mistake of ours about the layout; decoding gives undefined for it all the same.
 */
import { IN_HEADER_BYTES, OPCODE } from './constants';

export interface RequestHeader {
  opcode: number;
  /** Names the request in its answer. */
  unique: bigint;
  nodeid: number;
  uid: number;
  gid: number;
  /** The thread that waits; 0 if it is in another PID namespace. */
  pid: number;
}

interface Time {
  seconds: bigint;
  nseconds: number;
}

export interface SetattrFields {
  /** Bits of SETATTR_VALID. */
  valid: number;
  fh: number;
  size: bigint;
  atime: Time;
  mtime: Time;
  mode: number;
  uid: number;
  gid: number;
}

/** Names and targets are bytes without the terminating zero. `fh`: what OPEN or OPENDIR gave. */
export type Operation =
  | { name: 'LOOKUP' | 'UNLINK' | 'RMDIR'; entry: Uint8Array }
  | { name: 'FORGET'; forgets: { nodeid: number; lookups: number }[] }
  | { name: 'GETATTR' | 'READLINK' | 'STATFS' | 'DESTROY' }
  | { name: 'SETATTR'; fields: SetattrFields }
  | { name: 'SYMLINK'; entry: Uint8Array; target: Uint8Array }
  | { name: 'MKNOD'; entry: Uint8Array; mode: number; rdev: number }
  | { name: 'MKDIR'; entry: Uint8Array; mode: number }
  | { name: 'RENAME'; entry: Uint8Array; new_directory: number; new_entry: Uint8Array; flags: number }
  | { name: 'LINK'; entry: Uint8Array; old_nodeid: number }
  | { name: 'OPEN' | 'OPENDIR'; flags: number }
  | { name: 'CREATE'; entry: Uint8Array; flags: number; mode: number }
  | { name: 'READ' | 'READDIR' | 'READDIRPLUS'; fh: number; offset: bigint; size: number }
  /** `data`: a view of the buffer that was read into. */
  | { name: 'WRITE'; fh: number; offset: bigint; data: Buffer; flags: number }
  | { name: 'RELEASE' | 'RELEASEDIR' | 'FLUSH' | 'FSYNC' | 'FSYNCDIR'; fh: number }
  | { name: 'ACCESS'; mask: number }
  | { name: 'INTERRUPT'; unique: bigint }
  | { name: 'INIT'; major: number; minor: number; readahead_bytes_max: number; flags: number }
  | { name: 'FALLOCATE' }
  /** Extended attributes, locks, ioctls and whatever comes later. */
  | { name: 'other' };

export interface FuseRequest {
  header: RequestHeader;
  operation: Operation;
}

const OFFSETS = { opcode: 4, unique: 8, nodeid: 16, uid: 24, gid: 28, pid: 32 } as const;
/** The fields of READ and WRITE end here, and data follow. */
const WRITE_DATA_AT = 40;

export function decodeRequest(message: Buffer): FuseRequest | undefined {
  if (message.length < IN_HEADER_BYTES || message.readUInt32LE(0) !== message.length) return undefined;
  const header: RequestHeader = {
    opcode: message.readUInt32LE(OFFSETS.opcode),
    unique: message.readBigUInt64LE(OFFSETS.unique),
    nodeid: number64(message, OFFSETS.nodeid),
    uid: message.readUInt32LE(OFFSETS.uid),
    gid: message.readUInt32LE(OFFSETS.gid),
    pid: message.readUInt32LE(OFFSETS.pid),
  };
  const body = message.subarray(IN_HEADER_BYTES);
  try {
    const operation = decodeOperation(header, body);
    return operation && { header, operation };
  } catch (error) {
    // Buffer's reads behind the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decodeOperation({ opcode, nodeid }: RequestHeader, body: Buffer): Operation | undefined {
  switch (opcode) {
    case OPCODE.LOOKUP:
      return named(names(body, 0, 1), ([entry]) => ({ name: 'LOOKUP', entry }));
    case OPCODE.UNLINK:
      return named(names(body, 0, 1), ([entry]) => ({ name: 'UNLINK', entry }));
    case OPCODE.RMDIR:
      return named(names(body, 0, 1), ([entry]) => ({ name: 'RMDIR', entry }));
    case OPCODE.FORGET:
      return { name: 'FORGET', forgets: [{ nodeid, lookups: number64(body, 0) }] };
    case OPCODE.BATCH_FORGET:
      return { name: 'FORGET', forgets: forgets(body) };
    case OPCODE.GETATTR:
      return { name: 'GETATTR' };
    case OPCODE.READLINK:
      return { name: 'READLINK' };
    case OPCODE.STATFS:
      return { name: 'STATFS' };
    case OPCODE.DESTROY:
      return { name: 'DESTROY' };
    case OPCODE.SETATTR:
      return { name: 'SETATTR', fields: setattrFields(body) };
    case OPCODE.SYMLINK:
      return named(names(body, 0, 2), ([entry, target]) => ({ name: 'SYMLINK', entry, target }));
    case OPCODE.MKNOD: {
      const mode = body.readUInt32LE(0);
      const rdev = body.readUInt32LE(4);
      return named(names(body, 16, 1), ([entry]) => ({ name: 'MKNOD', entry, mode, rdev }));
    }
    case OPCODE.MKDIR: {
      const mode = body.readUInt32LE(0);
      return named(names(body, 8, 1), ([entry]) => ({ name: 'MKDIR', entry, mode }));
    }
    case OPCODE.RENAME:
      return renaming(body, 8, 0);
    case OPCODE.RENAME2:
      return renaming(body, 16, body.readUInt32LE(8));
    case OPCODE.LINK: {
      const old_nodeid = number64(body, 0);
      return named(names(body, 8, 1), ([entry]) => ({ name: 'LINK', entry, old_nodeid }));
    }
    case OPCODE.OPEN:
      return { name: 'OPEN', flags: body.readUInt32LE(0) };
    case OPCODE.OPENDIR:
      return { name: 'OPENDIR', flags: body.readUInt32LE(0) };
    case OPCODE.CREATE: {
      const flags = body.readUInt32LE(0);
      const mode = body.readUInt32LE(4);
      return named(names(body, 16, 1), ([entry]) => ({ name: 'CREATE', entry, flags, mode }));
    }
    case OPCODE.READ:
      return { name: 'READ', ...range(body) };
    case OPCODE.READDIR:
      return { name: 'READDIR', ...range(body) };
    case OPCODE.READDIRPLUS:
      return { name: 'READDIRPLUS', ...range(body) };
    case OPCODE.WRITE: {
      const { fh, offset, size } = range(body);
      const data = body.subarray(WRITE_DATA_AT, WRITE_DATA_AT + size);
      if (data.length !== size) return undefined;
      return { name: 'WRITE', fh, offset, data, flags: body.readUInt32LE(32) };
    }
    case OPCODE.RELEASE:
      return { name: 'RELEASE', fh: number64(body, 0) };
    case OPCODE.RELEASEDIR:
      return { name: 'RELEASEDIR', fh: number64(body, 0) };
    case OPCODE.FLUSH:
      return { name: 'FLUSH', fh: number64(body, 0) };
    case OPCODE.FSYNC:
      return { name: 'FSYNC', fh: number64(body, 0) };
    case OPCODE.FSYNCDIR:
      return { name: 'FSYNCDIR', fh: number64(body, 0) };
    case OPCODE.ACCESS:
      return { name: 'ACCESS', mask: body.readUInt32LE(0) };
    case OPCODE.INTERRUPT:
      return { name: 'INTERRUPT', unique: body.readBigUInt64LE(0) };
    case OPCODE.INIT:
      return {
        name: 'INIT',
        major: body.readUInt32LE(0),
        minor: body.readUInt32LE(4),
        readahead_bytes_max: body.readUInt32LE(8),
        flags: body.readUInt32LE(12),
      };
    case OPCODE.FALLOCATE:
      return { name: 'FALLOCATE' };
    default:
      return { name: 'other' };
  }
}

function number64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

/** `count` strings that each end in a zero, as copies: the buffer is used again. Undefined if they are not all there. */
function names(bytes: Buffer, at: number, count: number): Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  while (found.length < count) {
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    found.push(Uint8Array.from(bytes.subarray(at, end)));
    at = end + 1;
  }
  return found;
}

function named(
  found: Uint8Array[] | undefined,
  make: (names: [Uint8Array, Uint8Array]) => Operation,
): Operation | undefined {
  const [first, second = new Uint8Array(0)] = found ?? [];
  return first && make([first, second]);
}

function renaming(body: Buffer, names_at: number, flags: number): Operation | undefined {
  const new_directory = number64(body, 0);
  return named(names(body, names_at, 2), ([entry, new_entry]) => ({
    ...{ name: 'RENAME', entry, new_directory, new_entry, flags },
  }));
}

function range(body: Buffer): { fh: number; offset: bigint; size: number } {
  return { fh: number64(body, 0), offset: body.readBigUInt64LE(8), size: body.readUInt32LE(16) };
}

function forgets(body: Buffer): { nodeid: number; lookups: number }[] {
  const count = body.readUInt32LE(0);
  const found: { nodeid: number; lookups: number }[] = [];
  // The kernel sends what fits one buffer; a wrong count ends at the end of the message.
  for (let index = 0; index < count; index++) {
    const at = 8 + 16 * index;
    found.push({ nodeid: number64(body, at), lookups: number64(body, at + 8) });
  }
  return found;
}

function setattrFields(body: Buffer): SetattrFields {
  return {
    valid: body.readUInt32LE(0),
    fh: number64(body, 8),
    size: body.readBigUInt64LE(16),
    atime: { seconds: body.readBigInt64LE(32), nseconds: body.readUInt32LE(56) },
    mtime: { seconds: body.readBigInt64LE(40), nseconds: body.readUInt32LE(60) },
    mode: body.readUInt32LE(68),
    uid: body.readUInt32LE(76),
    gid: body.readUInt32LE(80),
  };
}
