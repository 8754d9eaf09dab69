/** What an NFSv3 procedure says of its outcome: nfsstat3 (RFC 1813 section 2.6). */

export const NFS3_STATUS = {
  OK: 0,
  PERM: 1,
  NOENT: 2,
  IO: 5,
  NXIO: 6,
  ACCES: 13,
  EXIST: 17,
  XDEV: 18,
  NODEV: 19,
  NOTDIR: 20,
  ISDIR: 21,
  INVAL: 22,
  FBIG: 27,
  NOSPC: 28,
  ROFS: 30,
  MLINK: 31,
  NAMETOOLONG: 63,
  NOTEMPTY: 66,
  DQUOT: 69,
  STALE: 70,
  REMOTE: 71,
  BADHANDLE: 10001,
  NOT_SYNC: 10002,
  BAD_COOKIE: 10003,
  NOTSUPP: 10004,
  TOOSMALL: 10005,
  SERVERFAULT: 10006,
  BADTYPE: 10007,
  JUKEBOX: 10008,
} as const;

export type Nfs3StatusName = keyof typeof NFS3_STATUS;

const NAMES = new Map<number, string>(
  Object.entries(NFS3_STATUS).map(([name, status]) => [status, status === 0 ? 'NFS3_OK' : `NFS3ERR_${name}`]),
);

/** As the RFC writes it, such as `NFS3ERR_NOENT`; the number for one it does not have. */
export function nfs3StatusName(status: number): string {
  return NAMES.get(status) ?? `nfsstat3 ${status}`;
}
