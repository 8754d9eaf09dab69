/** errno(3), as FUSE carries it: the numbers of Linux on every architecture Node.js runs on. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  EOPNOTSUPP: 95,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ESTALE: 116,
  EREMOTE: 66,
  EDQUOT: 122,
} as const;

/** What a request is answered with instead of a result. */
export class FuseError extends Error {
  override readonly name = 'FuseError';

  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}
