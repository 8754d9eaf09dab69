/** Numbers of the FUSE protocol, as the kernel's interface has them (fuse(4), linux/fuse.h, version 7.31). */

export const FUSE_MAJOR = 7;
export const FUSE_MINOR = 31;
/** What came before differs in its layouts. */
export const FUSE_MINOR_MIN = 23;

export const ROOT_NODEID = 1;

export const OPCODE = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
} as const;

/** Flags of INIT. */
export const INIT_FLAG = {
  ASYNC_READ: 1 << 0,
  BIG_WRITES: 1 << 5,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  ASYNC_DIO: 1 << 15,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
} as const;

/** Which fields of a SETATTR count. */
export const SETATTR_VALID = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  FH: 1 << 6,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

/** Flags of an answer to OPEN. */
export const OPEN_FLAG = { DIRECT_IO: 1 << 0, KEEP_CACHE: 1 << 1 } as const;

/** Notifications: the `error` of a message that answers nothing. */
export const NOTIFY_INVAL_INODE = 2;

/** open(2), as the kernel passes it (asm-generic numbers). */
export const O_EXCL = 0o200;
export const O_APPEND = 0o2000;

export const PAGE_BYTES = 4096;
export const IN_HEADER_BYTES = 40;
export const OUT_HEADER_BYTES = 16;
