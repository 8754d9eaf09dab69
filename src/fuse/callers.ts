/** Who makes a request: the ids FUSE names, and the supplementary groups, which it does not. */
import type { Caller } from '../nfs_client/caller';
import { supplementaryGroups } from './process_status';
import type { RequestHeader } from './protocol/request';

/** For so long a thread's groups are taken as known; a thread that changes its user is looked at again. */
const KNOWN_MS = 1000;
const KNOWN_MAX = 1024;
/** AUTH_SYS carries no more. */
const GIDS_MAX = 16;

interface Known {
  caller: Caller;
  until_ms: number;
}

export class Callers {
  private readonly known = new Map<string, Known>();

  of({ pid, uid, gid }: RequestHeader): Caller {
    const key = `${pid} ${uid} ${gid}`;
    const now_ms = performance.now();
    const found = this.known.get(key);
    if (found !== undefined && found.until_ms > now_ms) return found.caller;
    const caller = { uid, gid, gids: supplementaryGroups(pid).slice(0, GIDS_MAX) };
    this.known.delete(key);
    const oldest = this.known.size >= KNOWN_MAX ? this.known.keys().next().value : undefined;
    if (oldest !== undefined) this.known.delete(oldest);
    this.known.set(key, { caller, until_ms: now_ms + KNOWN_MS });
    return caller;
  }
}
