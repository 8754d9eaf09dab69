/** Every client address, export, class of source port and user. */
import { ADDRESSES, EXPORTS, USER } from './rules';

export interface Case {
  address: string;
  export: string;
  /** Whether the client's TCP connections come from ports below 1024. */
  privileged_port: boolean;
  uid: number;
}

export const CASES: readonly Case[] = Object.values(ADDRESSES).flatMap((address) =>
  EXPORTS.flatMap(({ name }) =>
    [true, false].flatMap((privileged_port) =>
      [0, USER].map((uid) => ({ address, export: name, privileged_port, uid })),
    ),
  ),
);

/** What a server says to one client: a status, or what came of it, for each thing that the client tries. */
export type Verdict = Readonly<Record<string, string>>;

/** A verdict that no server has given: the client could not ask. */
export const UNCLEAR = 'unclear';

/** The attempts of which two verdicts differ, or of which one is unclear. */
export function differences(one: Verdict, other: Verdict): string[] {
  const attempts = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return attempts.filter(
    (attempt) => one[attempt] !== other[attempt] || one[attempt]?.startsWith(UNCLEAR) === true,
  );
}

/** What a program of libnfs that failed says the server answered. */
export function refusalOf(stderr: string): string {
  // A mountstat3 or nfsstat3.
  const status = /\b(?:MNT3|NFS3)ERR_[A-Z0-9_]+\b/.exec(stderr)?.[0];
  // The reply to ACCESS, which libnfs asks before it opens a file.
  const allowed = /ACCESS denied\. Required access \S+ Allowed access (\S+?)"/.exec(stderr)?.[1];
  if (status !== undefined || allowed !== undefined) return status ?? `ACCESS allows ${allowed}`;
  // Of a reply that denies the call (RFC 5531 section 9) it says no more; of everything else that fails it does.
  if (stderr.includes('mount_cb: (null)')) return 'MNT is denied';
  return `${UNCLEAR}: ${stderr.trim().slice(-200)}`;
}
