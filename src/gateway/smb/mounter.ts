/** Ways to mount an export. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SmbError } from './errors';
import { mountPointAt } from './mount_points';
import { lastWords, runProgram } from './run_program';

export interface MountRequest {
  /** Such as `10.0.1.100:/home`. */
  source: string;
  folder: string;
  read_only: boolean;
}

export interface MountedExport {
  /** Resolves with the reason when the mount is gone without being asked; never rejects. */
  readonly lost: Promise<string>;
  /** Never rejects. */
  unmount(): Promise<void>;
}

export interface Mounter {
  /** Rejects with SmbError, soon after `signal` aborts too. */
  mount(request: MountRequest, signal: AbortSignal): Promise<MountedExport>;
}

const UMOUNT_PATIENCE_MS = 5_000;
const BUSY_PAUSE_MS = 200;

/** Unmounts what is on top at `folder`; behind the backs of those who use it where they do not let go. */
export async function unmountFolder(folder: string): Promise<void> {
  const deadline_ms = Date.now() + UMOUNT_PATIENCE_MS;
  while (mountPointAt(folder) !== undefined) {
    const is_late = Date.now() > deadline_ms;
    await runProgram(['umount', ...(is_late ? ['-l'] : []), '--', folder], UMOUNT_PATIENCE_MS);
    if (is_late) return;
    if (mountPointAt(folder) !== undefined) await sleep(BUSY_PAUSE_MS);
  }
}

/** Makes way for a mount of `source`: what a gateway before us left is unmounted, anything else is an error. */
export async function clearFolder({ source, folder }: MountRequest): Promise<void> {
  const there = mountPointAt(folder);
  if (there === undefined) return;
  if (there.source !== source && !there.type.startsWith('nfs') && !there.type.startsWith('fuse'))
    throw new SmbError(`${folder}: ${there.source} (${there.type}) is mounted there`);
  const result = await runProgram(['umount', '-l', '--', folder], UMOUNT_PATIENCE_MS);
  if (result.code !== 0) throw new SmbError(`${folder}: what is mounted there stays: ${lastWords(result)}`);
}
