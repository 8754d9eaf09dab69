/** What the gateway must know of a procedure. Numbers that nobody lists may change anything. */
import { PROCEDURES } from '../dataplane/procedures';
import { NFS3_PROCEDURE } from '../wire/nfs3';
import { RPC_PROGRAM } from '../wire/rpc';

export interface ProcedureTraits {
  /** A repetition at another store, or one that is not recognized, may do harm. */
  is_change: boolean;
  /** No reply need come: asynchronous procedures of NLM, which are answered by calls the other way. */
  is_one_way: boolean;
  /** Procedures that take about the same time: which RoundTripTime is theirs. */
  pace: Pace;
}

export const PACES = ['other', 'read', 'write'] as const;
export type Pace = (typeof PACES)[number];

const UNLISTED: ProcedureTraits = { is_change: true, is_one_way: false, pace: 'other' };
const READ_PACED: readonly number[] = [
  NFS3_PROCEDURE.READ,
  NFS3_PROCEDURE.READDIR,
  NFS3_PROCEDURE.READDIRPLUS,
];
const WRITE_PACED: readonly number[] = [NFS3_PROCEDURE.WRITE, NFS3_PROCEDURE.COMMIT];
/** NLM_TEST_MSG to NLM_GRANTED_RES (X/Open CAE C702, chapter 10). */
const ONE_WAY = { first: 6, last: 15 };
/** Procedures of all versions lie in one table. */
const PROCEDURES_PER_VERSION = 256;

export class TraitsOfProgram {
  private readonly traits = new Map<number, ProcedureTraits>();

  constructor(program: number) {
    for (const listed of PROCEDURES) {
      if (listed.program !== program) continue;
      const { version, procedure, placement } = listed;
      this.traits.set(version * PROCEDURES_PER_VERSION + procedure, {
        is_change: placement !== 'any',
        is_one_way: program === RPC_PROGRAM.nlm && procedure >= ONE_WAY.first && procedure <= ONE_WAY.last,
        pace: program === RPC_PROGRAM.nfs ? paceOfNfs(procedure) : 'other',
      });
    }
  }

  of(version: number, procedure: number): ProcedureTraits {
    const is_in_table = procedure < PROCEDURES_PER_VERSION && version < 2 ** 24;
    return (
      (is_in_table ? this.traits.get(version * PROCEDURES_PER_VERSION + procedure) : undefined) ?? UNLISTED
    );
  }
}

function paceOfNfs(procedure: number): Pace {
  if (READ_PACED.includes(procedure)) return 'read';
  return WRITE_PACED.includes(procedure) ? 'write' : 'other';
}
