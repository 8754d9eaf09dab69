/** What requests of the kernel are answered with (linux/fuse.h). */
import { FUSE_MAJOR, FUSE_MINOR, NOTIFY_INVAL_INODE, OUT_HEADER_BYTES } from './constants';

export interface FileAttributes {
  ino: bigint;
  size: bigint;
  /** Of 512 bytes. */
  blocks: bigint;
  atime: FuseTime;
  mtime: FuseTime;
  ctime: FuseTime;
  /** With the type. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  block_bytes: number;
}

export interface FuseTime {
  seconds: number;
  nseconds: number;
}

/** How long the kernel may keep names and attributes without asking. */
export interface CacheTimes {
  entry_ms: number;
  attributes_ms: number;
}

const ATTRIBUTES_BYTES = 88;
const ENTRY_BYTES = 40 + ATTRIBUTES_BYTES;

/** `error`: an errno, 0 for none. */
export function encodeHeader(unique: bigint, error: number, payload_bytes: number): Buffer {
  const header = Buffer.allocUnsafe(OUT_HEADER_BYTES);
  header.writeUInt32LE(OUT_HEADER_BYTES + payload_bytes, 0);
  header.writeInt32LE(-error, 4);
  header.writeBigUInt64LE(unique, 8);
  return header;
}

export interface InitReply {
  readahead_bytes_max: number;
  flags: number;
  /** Requests that nobody waits for, such as read-ahead: at most, and from when the kernel holds back. */
  background_max: number;
  congestion_threshold: number;
  write_bytes_max: number;
  pages_max: number;
}

export function encodeInit(init: InitReply): Buffer {
  const reply = Buffer.alloc(64);
  reply.writeUInt32LE(FUSE_MAJOR, 0);
  reply.writeUInt32LE(FUSE_MINOR, 4);
  reply.writeUInt32LE(init.readahead_bytes_max, 8);
  reply.writeUInt32LE(init.flags, 12);
  reply.writeUInt16LE(init.background_max, 16);
  reply.writeUInt16LE(init.congestion_threshold, 18);
  reply.writeUInt32LE(init.write_bytes_max, 20);
  // Times are exact to the nanosecond.
  reply.writeUInt32LE(1, 24);
  reply.writeUInt16LE(init.pages_max, 28);
  return reply;
}

function writeAttributes(target: Buffer, at: number, attributes: FileAttributes): void {
  const { atime, mtime, ctime } = attributes;
  target.writeBigUInt64LE(attributes.ino, at);
  target.writeBigUInt64LE(attributes.size, at + 8);
  target.writeBigUInt64LE(attributes.blocks, at + 16);
  target.writeBigUInt64LE(BigInt(atime.seconds), at + 24);
  target.writeBigUInt64LE(BigInt(mtime.seconds), at + 32);
  target.writeBigUInt64LE(BigInt(ctime.seconds), at + 40);
  target.writeUInt32LE(atime.nseconds, at + 48);
  target.writeUInt32LE(mtime.nseconds, at + 52);
  target.writeUInt32LE(ctime.nseconds, at + 56);
  target.writeUInt32LE(attributes.mode, at + 60);
  target.writeUInt32LE(attributes.nlink, at + 64);
  target.writeUInt32LE(attributes.uid, at + 68);
  target.writeUInt32LE(attributes.gid, at + 72);
  target.writeUInt32LE(attributes.rdev, at + 76);
  target.writeUInt32LE(attributes.block_bytes, at + 80);
  target.writeUInt32LE(0, at + 84);
}

/** Answer to GETATTR and SETATTR. */
export function encodeAttributes(attributes: FileAttributes, { attributes_ms }: CacheTimes): Buffer {
  const reply = Buffer.alloc(16 + ATTRIBUTES_BYTES);
  writeTime(reply, 0, 8, attributes_ms);
  writeAttributes(reply, 16, attributes);
  return reply;
}

function writeTime(target: Buffer, seconds_at: number, nseconds_at: number, time_ms: number): void {
  target.writeBigUInt64LE(BigInt(Math.floor(time_ms / 1000)), seconds_at);
  target.writeUInt32LE(Math.round((time_ms % 1000) * 1e6), nseconds_at);
}

function writeEntry(
  target: Buffer,
  at: number,
  nodeid: number,
  attributes: FileAttributes,
  times: CacheTimes,
): void {
  target.writeBigUInt64LE(BigInt(nodeid), at);
  // Node ids are never given twice, so one generation is enough.
  target.writeBigUInt64LE(0n, at + 8);
  writeTime(target, at + 16, at + 32, times.entry_ms);
  writeTime(target, at + 24, at + 36, times.attributes_ms);
  writeAttributes(target, at + 40, attributes);
}

/** Answer to LOOKUP, MKNOD, MKDIR, SYMLINK and LINK. */
export function encodeEntry(nodeid: number, attributes: FileAttributes, times: CacheTimes): Buffer {
  const reply = Buffer.alloc(ENTRY_BYTES);
  writeEntry(reply, 0, nodeid, attributes, times);
  return reply;
}

/** Answer to LOOKUP: there is no such name, and will be none for `entry_ms`. */
export function encodeNoEntry(entry_ms: number): Buffer {
  const reply = Buffer.alloc(ENTRY_BYTES);
  writeTime(reply, 16, 32, entry_ms);
  return reply;
}

/** Answer to OPEN and OPENDIR; of CREATE it stands behind the entry. `flags`: OPEN_FLAG. */
export function encodeOpened(fh: number, flags: number): Buffer {
  const reply = Buffer.alloc(16);
  reply.writeBigUInt64LE(BigInt(fh), 0);
  reply.writeUInt32LE(flags, 8);
  return reply;
}

export function encodeWritten(count: number): Buffer {
  const reply = Buffer.alloc(8);
  reply.writeUInt32LE(count, 0);
  return reply;
}

export interface FileSystemCounts {
  blocks: bigint;
  blocks_free: bigint;
  blocks_available: bigint;
  files: bigint;
  files_free: bigint;
  block_bytes: number;
  name_length_max: number;
}

export function encodeStatfs(counts: FileSystemCounts): Buffer {
  const reply = Buffer.alloc(80);
  reply.writeBigUInt64LE(counts.blocks, 0);
  reply.writeBigUInt64LE(counts.blocks_free, 8);
  reply.writeBigUInt64LE(counts.blocks_available, 16);
  reply.writeBigUInt64LE(counts.files, 24);
  reply.writeBigUInt64LE(counts.files_free, 32);
  reply.writeUInt32LE(counts.block_bytes, 40);
  reply.writeUInt32LE(counts.name_length_max, 44);
  reply.writeUInt32LE(counts.block_bytes, 48);
  return reply;
}

/** An entry of a directory. `cookie`: where a listing goes on behind it; `type`: of the mode, shifted; 0 if unknown. */
export interface DirectoryEntry {
  ino: bigint;
  cookie: bigint;
  type: number;
  name: Uint8Array;
}

const DIRENT_BYTES = 24;

/** Entries for READDIR or READDIRPLUS, as many as fit. */
export class DirectoryReply {
  private readonly bytes: Buffer;
  private length = 0;

  constructor(
    size: number,
    private readonly plus: boolean,
  ) {
    this.bytes = Buffer.alloc(size);
  }

  fits(name: Uint8Array): boolean {
    return this.length + this.entryBytes(name) <= this.bytes.length;
  }

  /** `found`: what a READDIRPLUS tells of the object; undefined: nothing, the kernel will look it up. */
  add(
    entry: DirectoryEntry,
    found?: { nodeid: number; attributes: FileAttributes; times: CacheTimes },
  ): void {
    let at = this.length;
    this.length += this.entryBytes(entry.name);
    if (this.plus) {
      if (found) writeEntry(this.bytes, at, found.nodeid, found.attributes, found.times);
      at += ENTRY_BYTES;
    }
    this.bytes.writeBigUInt64LE(entry.ino, at);
    this.bytes.writeBigUInt64LE(entry.cookie, at + 8);
    this.bytes.writeUInt32LE(entry.name.length, at + 16);
    this.bytes.writeUInt32LE(entry.type, at + 20);
    this.bytes.set(entry.name, at + DIRENT_BYTES);
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private entryBytes(name: Uint8Array): number {
    const dirent = Math.ceil((DIRENT_BYTES + name.length) / 8) * 8;
    return dirent + (this.plus ? ENTRY_BYTES : 0);
  }
}

/** A message of its own: the attributes of an inode, which the kernel keeps, are out of date; its pages stay. */
export function encodeAttributesInvalid(nodeid: number): Buffer {
  const message = Buffer.alloc(OUT_HEADER_BYTES + 24);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(NOTIFY_INVAL_INODE, 4);
  message.writeBigUInt64LE(BigInt(nodeid), OUT_HEADER_BYTES);
  // An offset below 0 stands for attributes alone.
  message.writeBigInt64LE(-1n, OUT_HEADER_BYTES + 8);
  return message;
}
