/** Ways to mount an export. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SmbError } from './errors';
import { mountPointAt, type MountPoint } from './mount_points';
import { lastWords, runProgram } from './run_program';

export interface MountRequest {
  /** Such as `10.0.1.100:/home`. */
  source: string;
  folder: string;
  /** The key of the configuration that says `folder`, for errors. */
  folder_key: string;
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

/** Of mounts that `storeswitch mount` serves (src/fuse/kernel_mount.ts). */
const USER_MOUNT_TYPE = 'fuse.storeswitch';
const KERNEL_MOUNT_TYPES: readonly string[] = ['nfs', 'nfs4'];

/** Whether a gateway mounted this for the share, and not somebody else something of their own. */
function isOurs({ type, source }: MountPoint, request: MountRequest): boolean {
  return source === request.source && (type === USER_MOUNT_TYPE || KERNEL_MOUNT_TYPES.includes(type));
}

function ourMountAt(request: MountRequest): MountPoint | undefined {
  const there = mountPointAt(request.folder);
  return there !== undefined && isOurs(there, request) ? there : undefined;
}

/** Unmounts what a mounter put at the folder; behind the backs of those who use it where they do not let go. */
export async function unmountFolder(request: MountRequest): Promise<void> {
  const deadline_ms = Date.now() + UMOUNT_PATIENCE_MS;
  while (ourMountAt(request) !== undefined) {
    const is_late = Date.now() > deadline_ms;
    await runProgram(['umount', ...(is_late ? ['-l'] : []), '--', request.folder], UMOUNT_PATIENCE_MS);
    if (is_late) return;
    if (ourMountAt(request) !== undefined) await sleep(BUSY_PAUSE_MS);
  }
}

/** Makes way for a mount: what a gateway before us left is unmounted, anything else stays and is an error. */
export async function clearFolder(request: MountRequest): Promise<void> {
  const { folder, folder_key } = request;
  for (let there = mountPointAt(folder); there !== undefined; there = mountPointAt(folder)) {
    const { source, type } = there;
    if (!isOurs(there, request)) {
      const what = `found ${folder}, on which ${source} (${type}) is mounted, not by this gateway`;
      throw new SmbError(`${folder_key}: ${what}; expected a folder with nothing mounted on it`);
    }
    const result = await runProgram(['umount', '-l', '--', folder], UMOUNT_PATIENCE_MS);
    if (result.code !== 0)
      throw new SmbError(`${folder_key}: ${folder}: what is mounted there stays: ${lastWords(result)}`);
  }
}
