/**
 * Whether the data plane can read what it places a call by: the rule of `p4/parser.p4`, which takes a call with a handle that is
 * cut short or too long for a broken packet, and drops it. Sent again and again, it would be dropped each time.
 */
import { FILE_HANDLE_LENGTH_MAX, NFS3_PROCEDURE } from '../wire/nfs3';
import { RPC_PROGRAM } from '../wire/rpc';
import type { CallHeader } from './call';

const CUT_SHORT = -1;
/** Longer ones of NLM the data plane does not read, and nothing behind them: it places the call without its handle. */
const NLM_COOKIE_OCTETS_MAX = 64;
const NLM_CALLER_OCTETS_MAX = 256;
/** Words between cookie and caller, of the NLM procedures that name a file (X/Open CAE C702, chapter 10). */
const NLM_WORDS_BEFORE_CALLER: ReadonlyMap<number, number> = new Map([
  ...[1, 6].map((procedure): [number, number] => [procedure, 1]), // TEST: exclusive
  ...[2, 3, 7, 8, 22].map((procedure): [number, number] => [procedure, 2]), // LOCK, CANCEL, NM_LOCK: block too
  ...[4, 9, 20, 21].map((procedure): [number, number] => [procedure, 0]), // UNLOCK, SHARE, UNSHARE
]);

/** The call's message ends at `end`. */
export function hasReadableArguments(header: CallHeader, view: DataView, end: number): boolean {
  const { program, procedure, arguments_at } = header;
  if (program === RPC_PROGRAM.nfs) {
    return procedure === NFS3_PROCEDURE.NULL || afterHandle(view, arguments_at, end) !== CUT_SHORT;
  }
  const words = program === RPC_PROGRAM.nlm ? NLM_WORDS_BEFORE_CALLER.get(procedure) : undefined;
  if (words === undefined) return true;
  if (isLonger(view, arguments_at, end, NLM_COOKIE_OCTETS_MAX)) return true;
  const after_cookie = afterOpaque(view, arguments_at, end, NLM_COOKIE_OCTETS_MAX);
  if (after_cookie === CUT_SHORT) return false;
  const caller = after_cookie + 4 * words;
  if (isLonger(view, caller, end, NLM_CALLER_OCTETS_MAX)) return true;
  const handle = afterOpaque(view, caller, end, NLM_CALLER_OCTETS_MAX);
  return handle !== CUT_SHORT && afterHandle(view, handle, end) !== CUT_SHORT;
}

/** Where the arguments go on after the handle at `at`; -1 if there is none. */
export function afterHandle(view: DataView, at: number, end: number): number {
  return afterOpaque(view, at, end, FILE_HANDLE_LENGTH_MAX);
}

function isLonger(view: DataView, at: number, end: number, octets_max: number): boolean {
  return end - at >= 4 && view.getUint32(at) > octets_max;
}

function afterOpaque(view: DataView, at: number, end: number, octets_max: number): number {
  if (end - at < 4) return CUT_SHORT;
  const length = view.getUint32(at);
  const after = at + 4 + length + ((4 - (length % 4)) % 4);
  return length > octets_max || after > end ? CUT_SHORT : after;
}
