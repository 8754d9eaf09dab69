/**
 * Where each RPC procedure may go. Only what can be repeated at another store without harm may go anywhere; what
 * is not listed is placed by request, which is right for every procedure.
 */
import { RPC_PROGRAM } from '../wire/rpc';
import type { PlacementClass } from './constants';

export interface Procedure {
  /** Its number in the switch's tables, from 1. */
  id: number;
  program: number;
  version: number;
  procedure: number;
  /** As its RFC writes it. */
  name: string;
  placement: Extract<PlacementClass, 'any' | 'by_object' | 'by_request'>;
  reason: string;
}

type Row = [procedure: number, name: string, placement: Procedure['placement'], reason: string];

const READS = 'reads only: a repetition at another store answers the same';
const NO_STATE = 'neither reads nor changes anything';
const UNSTABLE_DATA = 'its data may be unstable: a COMMIT elsewhere meets another write verifier';
const NOT_IDEMPOTENT = 'a repetition finds its own effect: only the store that ran it knows the first answer';

/** RFC 1813, section 3.3. */
const NFS_V3: Row[] = [
  [0, 'NULL', 'any', NO_STATE],
  [1, 'GETATTR', 'any', READS],
  [2, 'SETATTR', 'by_request', 'the guard of a repetition no longer matches the changed ctime: NOT_SYNC'],
  [3, 'LOOKUP', 'any', READS],
  [4, 'ACCESS', 'any', READS],
  [5, 'READLINK', 'any', READS],
  [6, 'READ', 'any', READS],
  [7, 'WRITE', 'by_object', UNSTABLE_DATA],
  [8, 'CREATE', 'by_request', NOT_IDEMPOTENT],
  [9, 'MKDIR', 'by_request', NOT_IDEMPOTENT],
  [10, 'SYMLINK', 'by_request', NOT_IDEMPOTENT],
  [11, 'MKNOD', 'by_request', NOT_IDEMPOTENT],
  [12, 'REMOVE', 'by_request', NOT_IDEMPOTENT],
  [13, 'RMDIR', 'by_request', NOT_IDEMPOTENT],
  [14, 'RENAME', 'by_request', NOT_IDEMPOTENT],
  [15, 'LINK', 'by_request', NOT_IDEMPOTENT],
  [16, 'READDIR', 'any', 'reads only: stores of one share hand out the same cookies'],
  [17, 'READDIRPLUS', 'any', 'reads only: stores of one share hand out the same cookies'],
  [18, 'FSSTAT', 'any', READS],
  [19, 'FSINFO', 'any', READS],
  [20, 'PATHCONF', 'any', READS],
  [21, 'COMMIT', 'by_object', 'must reach the store that holds the unstable data of its WRITEs'],
];

/** RFC 1813, section 5.2; version 1 (RFC 1094, appendix A) has the same procedures. */
const MOUNT: Row[] = [
  [0, 'NULL', 'any', NO_STATE],
  [1, 'MNT', 'by_request', "adds the client to the store's list of mounts"],
  [2, 'DUMP', 'any', READS],
  [3, 'UMNT', 'by_request', "takes the client off the store's list of mounts"],
  [4, 'UMNTALL', 'by_request', "takes the client off the store's list of mounts"],
  [5, 'EXPORT', 'any', READS],
];

/** RFC 1833, section 3.2. */
const PORTMAP_V2: Row[] = [
  [0, 'NULL', 'any', NO_STATE],
  [1, 'SET', 'by_request', "changes the store's map"],
  [2, 'UNSET', 'by_request', "changes the store's map"],
  [3, 'GETPORT', 'any', READS],
  [4, 'DUMP', 'any', READS],
  [5, 'CALLIT', 'by_request', 'calls another procedure, which may be any'],
];

const LOCK_STATE = "the lock, or its absence, is known to the file's store alone";
const OTHER_WAY = 'a call from store to client: as a request it is nobody’s';
const BY_NAME = 'names no file: every store that may hold locks of that client is concerned';

/** X/Open CAE C702, chapter 10, and RFC 1813, appendix II; the versions before 4 differ in widths only. */
const NLM: Row[] = [
  [0, 'NULL', 'any', NO_STATE],
  [1, 'TEST', 'by_object', LOCK_STATE],
  [2, 'LOCK', 'by_object', LOCK_STATE],
  [3, 'CANCEL', 'by_object', LOCK_STATE],
  [4, 'UNLOCK', 'by_object', LOCK_STATE],
  [5, 'GRANTED', 'by_request', OTHER_WAY],
  [6, 'TEST_MSG', 'by_object', LOCK_STATE],
  [7, 'LOCK_MSG', 'by_object', LOCK_STATE],
  [8, 'CANCEL_MSG', 'by_object', LOCK_STATE],
  [9, 'UNLOCK_MSG', 'by_object', LOCK_STATE],
  [10, 'GRANTED_MSG', 'by_request', OTHER_WAY],
  [11, 'TEST_RES', 'by_request', OTHER_WAY],
  [12, 'LOCK_RES', 'by_request', OTHER_WAY],
  [13, 'CANCEL_RES', 'by_request', OTHER_WAY],
  [14, 'UNLOCK_RES', 'by_request', OTHER_WAY],
  [15, 'GRANTED_RES', 'by_request', OTHER_WAY],
  [20, 'SHARE', 'by_object', LOCK_STATE],
  [21, 'UNSHARE', 'by_object', LOCK_STATE],
  [22, 'NM_LOCK', 'by_object', LOCK_STATE],
  [23, 'FREE_ALL', 'by_request', BY_NAME],
];

type Listed = Omit<Procedure, 'id'>;

function procedures(program: number, version: number, rows: Row[]): Listed[] {
  return rows.map(([procedure, name, placement, reason]) => ({
    program,
    version,
    procedure,
    name,
    placement,
    reason,
  }));
}

const LISTED: readonly Listed[] = [
  ...procedures(RPC_PROGRAM.nfs, 3, NFS_V3),
  ...procedures(RPC_PROGRAM.mount, 1, MOUNT),
  ...procedures(RPC_PROGRAM.mount, 3, MOUNT),
  ...procedures(RPC_PROGRAM.portmap, 2, PORTMAP_V2),
  ...procedures(RPC_PROGRAM.nlm, 1, NLM),
  ...procedures(RPC_PROGRAM.nlm, 3, NLM),
  ...procedures(RPC_PROGRAM.nlm, 4, NLM),
];

export const PROCEDURES: readonly Procedure[] = LISTED.map((listed, index) => ({ id: index + 1, ...listed }));

/** What `procedure_class` gives a procedure it does not list; such a one may change anything. */
export const UNLISTED_PROCEDURE = 0;

/** All that may be repeated anywhere, all others, or those named. */
export type ProcedureSelection = 'reads' | 'changes' | readonly string[];

/** Those of `program`, of all its versions. Names it does not know select nothing. */
export function selectProcedures(program: number, selection: ProcedureSelection): readonly Procedure[] {
  return PROCEDURES.filter((one) => {
    if (one.program !== program) return false;
    if (selection === 'reads') return one.placement === 'any';
    if (selection === 'changes') return one.placement !== 'any';
    return selection.includes(one.name);
  });
}

/**
 * The numbers of what a rule is for in the switch's table `capability`, one entry each; undefined is every procedure.
 * What nobody lists may change anything.
 */
export function ruleProcedures(
  program: number,
  selection: ProcedureSelection | undefined,
): (number | undefined)[] {
  if (selection === undefined) return [undefined];
  const ids = selectProcedures(program, selection).map(({ id }) => id);
  return selection === 'changes' ? [...ids, UNLISTED_PROCEDURE] : ids;
}
