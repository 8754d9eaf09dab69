/** NFSv3 attributes as FUSE has them, and back (RFC 1813 section 2.6, inode(7)). */
import { FILE_TYPE, SET_NOTHING, type Nfs3Attributes, type SetTime } from '../wire/nfs3/attributes';
import type { SettableAttributes } from '../wire/nfs3/attributes';
import { SETATTR_VALID } from './protocol/constants';
import { ERRNO, FuseError } from './protocol/errno';
import type { FileAttributes } from './protocol/reply';
import type { SetattrFields } from './protocol/request';

/** The type in a mode, shifted right by 12, as a directory entry has it. */
const TYPE_BITS: Readonly<Record<number, number>> = {
  [FILE_TYPE.REG]: 0o10,
  [FILE_TYPE.DIR]: 0o4,
  [FILE_TYPE.BLK]: 0o6,
  [FILE_TYPE.CHR]: 0o2,
  [FILE_TYPE.LNK]: 0o12,
  [FILE_TYPE.SOCK]: 0o14,
  [FILE_TYPE.FIFO]: 0o1,
};

/** Of mknod(2)'s mode. */
const FILE_TYPE_OF = new Map(Object.entries(TYPE_BITS).map(([type, bits]) => [bits, Number(type)]));

export const PERMISSIONS = 0o7777;
const SECTOR_BYTES = 512n;
const SECONDS_MAX = 0xffff_ffffn;

export function typeBits(attributes: Nfs3Attributes | undefined): number {
  return TYPE_BITS[attributes?.type ?? 0] ?? 0;
}

/** A FILE_TYPE; 0 means a regular file, as for mknod(2). */
export function fileTypeOf(mode: number): number | undefined {
  const bits = (mode >> 12) & 0o17;
  return bits === 0 ? FILE_TYPE.REG : FILE_TYPE_OF.get(bits);
}

/** `unsent_end`: how far data reach that the server may not have yet. */
export function toFuse(attributes: Nfs3Attributes, unsent_end: number, block_bytes: number): FileAttributes {
  const { size, used, rdev, fileid: ino } = attributes;
  const { atime, mtime, ctime, nlink, uid, gid } = attributes;
  return {
    ...{ ino, atime, mtime, ctime, nlink, uid, gid, block_bytes },
    size: size > BigInt(unsent_end) ? size : BigInt(unsent_end),
    blocks: (used + SECTOR_BYTES - 1n) / SECTOR_BYTES,
    mode: (typeBits(attributes) << 12) | (attributes.mode & PERMISSIONS),
    rdev: encodeDevice(rdev.major, rdev.minor),
  };
}

/** The kernel's 32-bit number of a device: minor in bits 0-7 and 20-31, major between. */
function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

export function decodeDevice(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}

/** Throws FuseError for a time that NFSv3 cannot say. */
export function toSettable(fields: SetattrFields): SettableAttributes {
  const { valid } = fields;
  const has = (bit: number): boolean => (valid & bit) !== 0;
  return {
    ...SET_NOTHING,
    mode: has(SETATTR_VALID.MODE) ? fields.mode & PERMISSIONS : undefined,
    uid: has(SETATTR_VALID.UID) ? fields.uid : undefined,
    gid: has(SETATTR_VALID.GID) ? fields.gid : undefined,
    size: has(SETATTR_VALID.SIZE) ? fields.size : undefined,
    atime: has(SETATTR_VALID.ATIME) ? setTime(has(SETATTR_VALID.ATIME_NOW), fields.atime) : undefined,
    mtime: has(SETATTR_VALID.MTIME) ? setTime(has(SETATTR_VALID.MTIME_NOW), fields.mtime) : undefined,
  };
}

/** "Now" is the server's clock, so that times of one file agree whoever wrote it. */
function setTime(now: boolean, time: SetattrFields['mtime']): SetTime {
  if (now) return 'server';
  if (time.seconds < 0n || time.seconds > SECONDS_MAX) throw new FuseError(ERRNO.EINVAL);
  return { seconds: Number(time.seconds), nseconds: time.nseconds };
}
