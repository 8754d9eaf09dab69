/** Arguments of the NFSv3 procedures (RFC 1813 section 3.3). */
import type { XdrReader } from '../xdr';
import {
  enumeration,
  fixedOpaque,
  opaque,
  optional,
  struct,
  uint32,
  uint64,
  type XdrType,
  type XdrValue,
} from '../xdr_types';
import { deviceNumber, fileHandle, fileName, FILE_TYPE, pathName } from './attributes';
import { settableAttributes, time, type SettableAttributes } from './attributes';

/** The largest datagram carries less. */
export const DATA_LENGTH_MAX = 65_536;

/** createmode3 */
export const CREATE_MODE = { UNCHECKED: 0, GUARDED: 1, EXCLUSIVE: 2 } as const;
export const CREATE_VERIFIER_LENGTH = 8;
export const COOKIE_VERIFIER_LENGTH = 8;

/** Bits of ACCESS. */
export const ACCESS = {
  READ: 0x01,
  LOOKUP: 0x02,
  MODIFY: 0x04,
  EXTEND: 0x08,
  DELETE: 0x10,
  EXECUTE: 0x20,
} as const;

/** GETATTR, READLINK, FSSTAT, FSINFO, PATHCONF. */
export const objectArgs = struct({ object: fileHandle });

/** diropargs3: LOOKUP, REMOVE, RMDIR. */
export const directoryEntryArgs = struct({ directory: fileHandle, name: fileName });
export type DirectoryEntry = XdrValue<typeof directoryEntryArgs>;

/** `guard`: refuse unless this is the object's ctime. */
export const setattrArgs = struct({
  object: fileHandle,
  attributes: settableAttributes,
  guard: optional(time),
});

export const accessArgs = struct({ object: fileHandle, access: uint32 });

export const readArgs = struct({ file: fileHandle, offset: uint64, count: uint32 });
export const commitArgs = readArgs;

/** `stable`: a WRITE_STABILITY. */
export const writeArgs = struct({
  file: fileHandle,
  offset: uint64,
  count: uint32,
  stable: enumeration(0, 2),
  data: opaque(DATA_LENGTH_MAX),
});

/** createhow3 */
export type CreateHow =
  | { mode: typeof CREATE_MODE.UNCHECKED | typeof CREATE_MODE.GUARDED; attributes: SettableAttributes }
  | { mode: typeof CREATE_MODE.EXCLUSIVE; verifier: Uint8Array };

const createVerifier = fixedOpaque(CREATE_VERIFIER_LENGTH);

const createHow: XdrType<CreateHow> = {
  read: (reader: XdrReader) => {
    const mode = reader.uint32();
    if (mode === CREATE_MODE.EXCLUSIVE) return { mode, verifier: createVerifier.read(reader) };
    if (mode !== CREATE_MODE.UNCHECKED && mode !== CREATE_MODE.GUARDED) reader.reject();
    const checked = mode === CREATE_MODE.GUARDED ? CREATE_MODE.GUARDED : CREATE_MODE.UNCHECKED;
    return { mode: checked, attributes: settableAttributes.read(reader) };
  },
  write: (writer, how) => {
    writer.uint32(how.mode);
    if (how.mode === CREATE_MODE.EXCLUSIVE) createVerifier.write(writer, how.verifier);
    else settableAttributes.write(writer, how.attributes);
  },
};

export const createArgs = struct({ where: directoryEntryArgs, how: createHow });
export const mkdirArgs = struct({ where: directoryEntryArgs, attributes: settableAttributes });
export const symlinkArgs = struct({
  where: directoryEntryArgs,
  attributes: settableAttributes,
  target: pathName,
});

/** mknoddata3: devices carry a number, the others only attributes. */
export type MknodWhat =
  | {
      type: typeof FILE_TYPE.BLK | typeof FILE_TYPE.CHR;
      attributes: SettableAttributes;
      device: XdrValue<typeof deviceNumber>;
    }
  | { type: typeof FILE_TYPE.SOCK | typeof FILE_TYPE.FIFO; attributes: SettableAttributes };

const mknodWhat: XdrType<MknodWhat> = {
  read: (reader: XdrReader) => {
    const type = reader.uint32();
    const set = settableAttributes.read(reader);
    if (type === FILE_TYPE.BLK || type === FILE_TYPE.CHR) {
      return { type, attributes: set, device: deviceNumber.read(reader) };
    }
    if (type !== FILE_TYPE.SOCK && type !== FILE_TYPE.FIFO) reader.reject();
    return { type: type === FILE_TYPE.SOCK ? FILE_TYPE.SOCK : FILE_TYPE.FIFO, attributes: set };
  },
  write: (writer, what) => {
    writer.uint32(what.type);
    settableAttributes.write(writer, what.attributes);
    if ('device' in what) deviceNumber.write(writer, what.device);
  },
};

export const mknodArgs = struct({ where: directoryEntryArgs, what: mknodWhat });
export const renameArgs = struct({ from: directoryEntryArgs, to: directoryEntryArgs });
export const linkArgs = struct({ file: fileHandle, link: directoryEntryArgs });

/** `cookie`: 0 from the start, else behind the entry that carried it; then with that answer's verifier. */
export const readdirArgs = struct({
  directory: fileHandle,
  cookie: uint64,
  cookieVerifier: fixedOpaque(COOKIE_VERIFIER_LENGTH),
  count: uint32,
});

/** `directoryCount`: bytes of names, cookies and ids; `count_max`: bytes of the whole answer. */
export const readdirplusArgs = struct({
  directory: fileHandle,
  cookie: uint64,
  cookieVerifier: fixedOpaque(COOKIE_VERIFIER_LENGTH),
  directoryCount: uint32,
  count_max: uint32,
});
