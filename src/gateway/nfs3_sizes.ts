/**
 * Sizes of NFSv3 (RFC 1813) brought down to what one datagram holds.
 *
 * A client sees the limits in FSINFO's reply. One that asks for more than it was told gets less, as RFC 1813 allows: fewer
 * octets read (3.3.6: "count" of the reply), fewer written (3.3.7: "The server may write less than requested"), fewer
 * entries listed. PATHCONF has no sizes that matter here: lengths of names and numbers of links. MNT's reply has none.
 */
import { NFS3_PROCEDURE } from '../wire/nfs3';
import { afterHandle } from './readable_arguments';

export interface SizeLimits {
  /** Of the data of a READ's reply, and of a READDIR's or READDIRPLUS's whole result. */
  read_octets_max: number;
  /** Of the data of a WRITE. */
  write_octets_max: number;
}

/** attributes_follow, and fattr3. */
const ATTRIBUTES_OCTETS = 84;
const OK = 0;

/** The length of the message after its sizes are right; -1 if the arguments cannot be read, which is the store's to say. */
export function limitCall(
  view: DataView,
  procedure: number,
  start: number,
  arguments_at: number,
  end: number,
  limits: SizeLimits,
): number {
  const length = end - start;
  switch (procedure) {
    case NFS3_PROCEDURE.READ:
      limitWord(view, afterHandle(view, arguments_at, end), 8, end, limits.read_octets_max);
      return length;
    case NFS3_PROCEDURE.READDIR:
      limitWord(view, afterHandle(view, arguments_at, end), 16, end, limits.read_octets_max);
      return length;
    case NFS3_PROCEDURE.READDIRPLUS:
      // dircount, of the entries alone, and maxcount, of everything.
      limitWord(view, afterHandle(view, arguments_at, end), 16, end, limits.read_octets_max);
      limitWord(view, afterHandle(view, arguments_at, end), 20, end, limits.read_octets_max);
      return length;
    case NFS3_PROCEDURE.WRITE:
      return limitWrite(view, start, arguments_at, end, limits.write_octets_max);
    default:
      return length;
  }
}

/** Whether a WRITE's arguments end where the data that they announce does: then a long one becomes shorter. */
export function isWholeWrite(view: DataView, arguments_at: number, end: number): boolean {
  const at = writeFields(view, arguments_at, end);
  if (at < 0) return false;
  const padding = end - at - 20 - view.getUint32(at + 16);
  return padding >= 0 && padding < 4;
}

/** The count and the data become shorter, nothing moves. */
function limitWrite(
  view: DataView,
  start: number,
  arguments_at: number,
  end: number,
  octets_max: number,
): number {
  const at = writeFields(view, arguments_at, end);
  if (at < 0) return end - start;
  const data_octets = view.getUint32(at + 16);
  // Whoever announces more data than there is gets the store's own answer.
  if (data_octets <= octets_max || data_octets > end - at - 20) return end - start;
  view.setUint32(at + 16, octets_max);
  limitWord(view, at, 8, end, octets_max);
  return at + 20 + octets_max - start;
}

/** Where a WRITE's offset is, followed by count, stable, and the data as an opaque; -1 if they are cut short. */
function writeFields(view: DataView, arguments_at: number, end: number): number {
  const at = afterHandle(view, arguments_at, end);
  return end - at < 20 ? -1 : at;
}

function limitWord(view: DataView, base: number, offset: number, end: number, word_max: number): void {
  const at = base + offset;
  if (base < 0 || end - at < 4) return;
  if (view.getUint32(at) > word_max) view.setUint32(at, word_max);
}

/**
 * FSINFO's results: rtmax, rtpref, wtmax, wtpref and dtpref become no more than the limits; what they are multiples of
 * (rtmult, wtmult) stays. False if they are not what RFC 1813 3.3.19 says: then the reply is malformed.
 */
export function limitFsinfo(view: DataView, results_at: number, end: number, limits: SizeLimits): boolean {
  if (end - results_at < 8) return false;
  const status = view.getUint32(results_at);
  const has_attributes = view.getUint32(results_at + 4);
  if (has_attributes > 1) return false;
  const at = results_at + 8 + has_attributes * ATTRIBUTES_OCTETS;
  if (status !== OK) return at <= end;
  // Seven words of sizes, then maxfilesize (8), time_delta (8) and properties (4).
  if (end - at < 48) return false;
  const { read_octets_max, write_octets_max } = limits;
  const [RTMAX, RTPREF, WTMAX, WTPREF, DTPREF] = [0, 4, 12, 16, 24];
  for (const offset of [RTMAX, RTPREF, DTPREF]) limitWord(view, at, offset, end, read_octets_max);
  for (const offset of [WTMAX, WTPREF]) limitWord(view, at, offset, end, write_octets_max);
  return true;
}
