/** How an NFS server's answers read to a process (RFC 1813 section 2.6, errno(3)). */
import * as errors from '../nfs_client/errors';
import { NFS3_STATUS } from '../wire/nfs3/status';
import { ERRNO, FuseError } from './protocol/errno';

const BY_STATUS = new Map<number, number>([
  [NFS3_STATUS.PERM, ERRNO.EPERM],
  [NFS3_STATUS.NOENT, ERRNO.ENOENT],
  [NFS3_STATUS.IO, ERRNO.EIO],
  [NFS3_STATUS.NXIO, ERRNO.ENXIO],
  [NFS3_STATUS.ACCES, ERRNO.EACCES],
  [NFS3_STATUS.EXIST, ERRNO.EEXIST],
  [NFS3_STATUS.XDEV, ERRNO.EXDEV],
  [NFS3_STATUS.NODEV, ERRNO.ENODEV],
  [NFS3_STATUS.NOTDIR, ERRNO.ENOTDIR],
  [NFS3_STATUS.ISDIR, ERRNO.EISDIR],
  [NFS3_STATUS.INVAL, ERRNO.EINVAL],
  [NFS3_STATUS.FBIG, ERRNO.EFBIG],
  [NFS3_STATUS.NOSPC, ERRNO.ENOSPC],
  [NFS3_STATUS.ROFS, ERRNO.EROFS],
  [NFS3_STATUS.MLINK, ERRNO.EMLINK],
  [NFS3_STATUS.NAMETOOLONG, ERRNO.ENAMETOOLONG],
  [NFS3_STATUS.NOTEMPTY, ERRNO.ENOTEMPTY],
  [NFS3_STATUS.DQUOT, ERRNO.EDQUOT],
  [NFS3_STATUS.STALE, ERRNO.ESTALE],
  [NFS3_STATUS.REMOTE, ERRNO.EREMOTE],
  [NFS3_STATUS.BADHANDLE, ERRNO.ESTALE],
  [NFS3_STATUS.BAD_COOKIE, ERRNO.EINVAL],
  [NFS3_STATUS.NOTSUPP, ERRNO.EOPNOTSUPP],
  [NFS3_STATUS.TOOSMALL, ERRNO.EIO],
  [NFS3_STATUS.SERVERFAULT, ERRNO.EIO],
  [NFS3_STATUS.BADTYPE, ERRNO.EOPNOTSUPP],
]);

/** EIO for what a process could do nothing about. */
export function errnoOf(error: unknown): number {
  if (error instanceof FuseError) return error.errno;
  if (error instanceof errors.NfsStatusError) return BY_STATUS.get(error.status) ?? ERRNO.EIO;
  if (error instanceof errors.CancelledError) return ERRNO.EINTR;
  if (error instanceof errors.NoReplyError) return ERRNO.ETIMEDOUT;
  if (error instanceof errors.RpcRefusedError && error.outcome === 'auth_error') return ERRNO.EACCES;
  return ERRNO.EIO;
}
