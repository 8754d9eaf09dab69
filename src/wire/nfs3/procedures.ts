/** Each NFSv3 procedure's arguments and results (RFC 1813 section 3.3). */
import { nothing } from '../xdr_types';
import * as calls from './calls';
import * as results from './results';

export const NFS3_PROCEDURES = {
  NULL: { args: nothing, results: nothing },
  GETATTR: { args: calls.objectArgs, results: results.getattrResults },
  SETATTR: { args: calls.setattrArgs, results: results.setattrResults },
  LOOKUP: { args: calls.directoryEntryArgs, results: results.lookupResults },
  ACCESS: { args: calls.accessArgs, results: results.accessResults },
  READLINK: { args: calls.objectArgs, results: results.readlinkResults },
  READ: { args: calls.readArgs, results: results.readResults },
  WRITE: { args: calls.writeArgs, results: results.writeResults },
  CREATE: { args: calls.createArgs, results: results.creationResults },
  MKDIR: { args: calls.mkdirArgs, results: results.creationResults },
  SYMLINK: { args: calls.symlinkArgs, results: results.creationResults },
  MKNOD: { args: calls.mknodArgs, results: results.creationResults },
  REMOVE: { args: calls.directoryEntryArgs, results: results.removalResults },
  RMDIR: { args: calls.directoryEntryArgs, results: results.removalResults },
  RENAME: { args: calls.renameArgs, results: results.renameResults },
  LINK: { args: calls.linkArgs, results: results.linkResults },
  READDIR: { args: calls.readdirArgs, results: results.readdirResults },
  READDIRPLUS: { args: calls.readdirplusArgs, results: results.readdirplusResults },
  FSSTAT: { args: calls.objectArgs, results: results.fsstatResults },
  FSINFO: { args: calls.objectArgs, results: results.fsinfoResults },
  PATHCONF: { args: calls.objectArgs, results: results.pathconfResults },
  COMMIT: { args: calls.commitArgs, results: results.commitResults },
} as const;
