/** Mounts by the kernel's NFS client. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SmbError } from './errors';
import { mountPointAt } from './mount_points';
import { clearFolder, unmountFolder, type MountedExport, type Mounter, type MountRequest } from './mounter';
import { lastWords, runProgram } from './run_program';

const PATIENCE_MS = 60_000;
const WATCH_MS = 1_000;
/**
 * `hard`: a store that is away makes clients wait, and no write is lost. `nolock`: Samba keeps locks itself. Attributes
 * are kept for 3 s at most, as NFS clients change them too.
 */
const OPTIONS =
  'vers=3,proto=tcp,mountproto=tcp,hard,nolock,noacl,acregmin=1,acregmax=3,acdirmin=1,acdirmax=3';

/** Whether the kernel has an NFS client; loads its module where there is one. */
export async function kernelHasNfs(): Promise<boolean> {
  if (isListed()) return true;
  await runProgram(['modprobe', '-q', 'nfs'], PATIENCE_MS);
  return isListed();
}

function isListed(): boolean {
  return /\tnfs$/m.test(readFileSync('/proc/filesystems', 'utf8'));
}

export class KernelMounter implements Mounter {
  /** `program`: mount(8) with what comes before it. */
  constructor(private readonly program: readonly string[] = ['mount']) {}

  async mount(request: MountRequest, signal: AbortSignal): Promise<MountedExport> {
    const { source, folder, read_only } = request;
    await clearFolder(request);
    const options = `${OPTIONS}${read_only ? ',ro' : ''}`;
    const argv = [...this.program, '-t', 'nfs', '-o', options, source, folder];
    const result = await runProgram(argv, PATIENCE_MS, signal);
    if (result.code !== 0)
      throw new SmbError(`${source} cannot be mounted at ${folder}: ${lastWords(result)}`);
    let is_wanted = true;
    const lost = (async () => {
      while (is_wanted && mountPointAt(folder) !== undefined)
        await sleep(WATCH_MS, undefined, { ref: false });
      return `${folder} is no longer mounted`;
    })();
    return {
      lost,
      unmount: async () => {
        is_wanted = false;
        await unmountFolder(request);
      },
    };
  }
}
