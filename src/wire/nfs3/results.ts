/** Results of the NFSv3 procedures (RFC 1813 section 3.3). */
import {
  bool,
  fixedOpaque,
  list,
  nothing,
  opaque,
  struct,
  uint32,
  uint64,
  enumeration,
  type XdrType,
  type XdrValue,
} from '../xdr_types';
import { attributes, fileHandle, fileName, pathName, postOpAttributes, postOpHandle } from './attributes';
import { time, weakCacheConsistency } from './attributes';
import { COOKIE_VERIFIER_LENGTH, DATA_LENGTH_MAX } from './calls';
import { NFS3_STATUS } from './status';

/** `status`: an NFS3_STATUS other than OK. What comes with a failure is mostly the attributes of the directory. */
export type Nfs3Result<Ok, Failed> = { ok: true; value: Ok } | { ok: false; status: number; value: Failed };

/** More entries than fit a datagram are nonsense. */
const ENTRIES_MAX = 4096;
export const WRITE_VERIFIER_LENGTH = 8;

function result<Ok, Failed>(ok: XdrType<Ok>, failed: XdrType<Failed>): XdrType<Nfs3Result<Ok, Failed>> {
  return {
    read: (reader) => {
      const status = reader.uint32();
      if (status === NFS3_STATUS.OK) return { ok: true, value: ok.read(reader) };
      return { ok: false, status, value: failed.read(reader) };
    },
    write: (writer, value) => {
      writer.uint32(value.ok ? NFS3_STATUS.OK : value.status);
      if (value.ok) ok.write(writer, value.value);
      else failed.write(writer, value.value);
    },
  };
}

const object = struct({ attributes: postOpAttributes });
const change = struct({ wcc: weakCacheConsistency });
const directoryChange = struct({ directory: weakCacheConsistency });

export const getattrResults = result(struct({ attributes }), nothing);
export const setattrResults = result(change, change);
export const lookupResults = result(
  struct({ object: fileHandle, attributes: postOpAttributes, directory: postOpAttributes }),
  struct({ directory: postOpAttributes }),
);
export const accessResults = result(struct({ attributes: postOpAttributes, access: uint32 }), object);
export const readlinkResults = result(struct({ attributes: postOpAttributes, target: pathName }), object);
export const readResults = result(
  struct({ attributes: postOpAttributes, count: uint32, eof: bool, data: opaque(DATA_LENGTH_MAX) }),
  object,
);

const writeVerifier = fixedOpaque(WRITE_VERIFIER_LENGTH);
export const writeResults = result(
  struct({ wcc: weakCacheConsistency, count: uint32, committed: enumeration(0, 2), verifier: writeVerifier }),
  change,
);
export const commitResults = result(struct({ wcc: weakCacheConsistency, verifier: writeVerifier }), change);

/** CREATE, MKDIR, SYMLINK and MKNOD. A server need not say what it made; then a LOOKUP does. */
export const creationResults = result(
  struct({ object: postOpHandle, attributes: postOpAttributes, directory: weakCacheConsistency }),
  directoryChange,
);
export type Creation = Extract<XdrValue<typeof creationResults>, { ok: true }>['value'];

/** REMOVE and RMDIR. */
export const removalResults = result(directoryChange, directoryChange);

const renamed = struct({ from: weakCacheConsistency, to: weakCacheConsistency });
export const renameResults = result(renamed, renamed);

const linked = struct({ attributes: postOpAttributes, directory: weakCacheConsistency });
export const linkResults = result(linked, linked);

const cookieVerifier = fixedOpaque(COOKIE_VERIFIER_LENGTH);
const entry = { fileid: uint64, name: fileName, cookie: uint64 };
const plusEntry = struct({ ...entry, attributes: postOpAttributes, object: postOpHandle });
export type ListedEntry = XdrValue<typeof plusEntry>;

export const readdirResults = result(
  struct({
    attributes: postOpAttributes,
    cookieVerifier,
    entries: list(ENTRIES_MAX, struct(entry)),
    eof: bool,
  }),
  object,
);
export const readdirplusResults = result(
  struct({ attributes: postOpAttributes, cookieVerifier, entries: list(ENTRIES_MAX, plusEntry), eof: bool }),
  object,
);

/** Bytes and numbers of files: in all, free, and free to this caller. `invarsec`: how long that stays true. */
export const fsstatResults = result(
  struct({
    attributes: postOpAttributes,
    tbytes: uint64,
    fbytes: uint64,
    abytes: uint64,
    tfiles: uint64,
    ffiles: uint64,
    afiles: uint64,
    invarsec: uint32,
  }),
  object,
);
export type FileSystemStatistics = Extract<XdrValue<typeof fsstatResults>, { ok: true }>['value'];

/** Bytes of READ, WRITE and READDIR: most, preferred, multiple. `timeDelta`: the resolution of times. */
export const fsinfoResults = result(
  struct({
    attributes: postOpAttributes,
    rtmax: uint32,
    rtpref: uint32,
    rtmult: uint32,
    wtmax: uint32,
    wtpref: uint32,
    wtmult: uint32,
    dtpref: uint32,
    maxfilesize: uint64,
    timeDelta: time,
    properties: uint32,
  }),
  object,
);
export type FileSystemInformation = Extract<XdrValue<typeof fsinfoResults>, { ok: true }>['value'];

export const pathconfResults = result(
  struct({
    attributes: postOpAttributes,
    linkmax: uint32,
    name_max: uint32,
    no_trunc: bool,
    chown_restricted: bool,
    case_insensitive: bool,
    case_preserving: bool,
  }),
  object,
);
