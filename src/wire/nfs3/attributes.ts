/** What NFSv3 says of an object, and what a client may set (RFC 1813 sections 2.5 and 2.6). */
import { FILE_HANDLE_LENGTH_MAX } from '../nfs3';
import type { XdrReader } from '../xdr';
import {
  enumeration,
  opaque,
  optional,
  struct,
  uint32,
  uint64,
  type XdrType,
  type XdrValue,
} from '../xdr_types';

/** ftype3 */
export const FILE_TYPE = { REG: 1, DIR: 2, BLK: 3, CHR: 4, LNK: 5, SOCK: 6, FIFO: 7 } as const;

/** Ours: what Linux and every other system allow. Names are bytes: NFSv3 knows no character set. */
const NAME_LENGTH_MAX = 255;
const PATH_LENGTH_MAX = 4096;

export const fileHandle: XdrType<Uint8Array> = opaque(FILE_HANDLE_LENGTH_MAX);
export const fileName: XdrType<Uint8Array> = opaque(NAME_LENGTH_MAX);
export const pathName: XdrType<Uint8Array> = opaque(PATH_LENGTH_MAX);

/** nfstime3: since 1970, UTC. */
export const time = struct({ seconds: uint32, nseconds: uint32 });
export type Nfs3Time = XdrValue<typeof time>;

/** specdata3: major and minor number of a device. */
export const deviceNumber = struct({ major: uint32, minor: uint32 });

/** fattr3. `size`, `used`: bytes; `mode`: permission bits, without the type. */
export const attributes = struct({
  type: enumeration(FILE_TYPE.REG, FILE_TYPE.FIFO),
  mode: uint32,
  nlink: uint32,
  uid: uint32,
  gid: uint32,
  size: uint64,
  used: uint64,
  rdev: deviceNumber,
  fsid: uint64,
  fileid: uint64,
  atime: time,
  mtime: time,
  ctime: time,
});
export type Nfs3Attributes = XdrValue<typeof attributes>;

/** post_op_attr */
export const postOpAttributes = optional(attributes);
/** post_op_fh3 */
export const postOpHandle = optional(fileHandle);

/** wcc_attr */
export const preOpAttributes = struct({ size: uint64, mtime: time, ctime: time });

/** wcc_data: the object before and after, so that a client sees whether anybody else changed it. */
export const weakCacheConsistency = struct({
  before: optional(preOpAttributes),
  after: postOpAttributes,
});
export type WeakCacheConsistency = XdrValue<typeof weakCacheConsistency>;

/** set_atime and set_mtime: left alone (undefined), the server's clock, or the time given. */
export type SetTime = undefined | 'server' | Nfs3Time;

const TIME_HOW = { DONT_CHANGE: 0, SET_TO_SERVER_TIME: 1, SET_TO_CLIENT_TIME: 2 } as const;

const setTime: XdrType<SetTime> = {
  read: (reader: XdrReader) => {
    const how = reader.uint32();
    if (how > TIME_HOW.SET_TO_CLIENT_TIME) reader.reject();
    if (how === TIME_HOW.SET_TO_SERVER_TIME) return 'server';
    return how === TIME_HOW.SET_TO_CLIENT_TIME ? time.read(reader) : undefined;
  },
  write: (writer, value) => {
    if (value === undefined) writer.uint32(TIME_HOW.DONT_CHANGE);
    else if (value === 'server') writer.uint32(TIME_HOW.SET_TO_SERVER_TIME);
    else time.write(writer.uint32(TIME_HOW.SET_TO_CLIENT_TIME), value);
  },
};

/** sattr3: what is undefined stays as it is. */
export const settableAttributes = struct({
  mode: optional(uint32),
  uid: optional(uint32),
  gid: optional(uint32),
  size: optional(uint64),
  atime: setTime,
  mtime: setTime,
});
export type SettableAttributes = XdrValue<typeof settableAttributes>;

export const SET_NOTHING: SettableAttributes = {
  mode: undefined,
  uid: undefined,
  gid: undefined,
  size: undefined,
  atime: undefined,
  mtime: undefined,
};
