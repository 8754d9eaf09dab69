/** The header of an RPC reply (RFC 5531 section 9) where it lies. */
import { afterAuth } from './call';

const TYPE_REPLY = 1;
const ACCEPTED = 0;
const DENIED = 1;
const SUCCESS = 0;
const PROG_MISMATCH = 2;
const SYSTEM_ERR = 5;
const RPC_MISMATCH = 0;
const AUTH_ERROR = 1;

/** A sound reply that has no results. */
export const NO_RESULTS = -1;
/** Not a reply, or cut short. */
export const MALFORMED = -2;

/** Where the results of the reply `[start, end)` begin, NO_RESULTS or MALFORMED. */
export function resultsOffset(view: DataView, start: number, end: number): number {
  if (end - start < 12 || view.getUint32(start + 4) !== TYPE_REPLY) return MALFORMED;
  const status = view.getUint32(start + 8);
  if (status === DENIED) return checkDenied(view, start + 12, end);
  if (status !== ACCEPTED) return MALFORMED;
  const at = afterAuth(view, start + 12, end);
  if (at < 0 || end - at < 4) return MALFORMED;
  const accept_status = view.getUint32(at);
  if (accept_status === SUCCESS) return at + 4;
  if (accept_status === PROG_MISMATCH && end - at < 12) return MALFORMED;
  return accept_status <= SYSTEM_ERR ? NO_RESULTS : MALFORMED;
}

function checkDenied(view: DataView, at: number, end: number): number {
  if (end - at < 8) return MALFORMED;
  const reason = view.getUint32(at);
  if (reason === RPC_MISMATCH) return end - at < 12 ? MALFORMED : NO_RESULTS;
  return reason === AUTH_ERROR ? NO_RESULTS : MALFORMED;
}
