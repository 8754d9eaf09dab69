/** Mounts by `storeswitch mount`, a process of its own that serves the mount for as long as it runs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { SmbError } from './errors';
import { mountPointAt } from './mount_points';
import { clearFolder, unmountFolder, type MountedExport, type Mounter, type MountRequest } from './mounter';

const PATIENCE_MS = 30_000;
const LOOK_MS = 20;
const STOP_PATIENCE_MS = 10_000;
const LAST_WORDS_LENGTH_MAX = 2_000;

export class UserMounter implements Mounter {
  /** The command; SOURCE and FOLDER come after it, and `--read-only` before them. */
  constructor(private readonly command: readonly string[]) {}

  async mount(request: MountRequest, signal: AbortSignal): Promise<MountedExport> {
    const { source, folder, read_only } = request;
    await clearFolder(request);
    const [program = '', ...args] = [...this.command, ...(read_only ? ['--read-only'] : []), source, folder];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-LAST_WORDS_LENGTH_MAX);
    });
    const ended = endOf(child);
    const lastLine = (): string => said.trim().split('\n').at(-1) || 'it said nothing';

    let has_ended: string | undefined;
    void ended.then((how) => (has_ended = how));
    const deadline_ms = Date.now() + PATIENCE_MS;
    while (mountPointAt(folder) === undefined) {
      if (has_ended !== undefined)
        throw new SmbError(`${source} cannot be mounted at ${folder}: ${lastLine()} (${has_ended})`);
      if (Date.now() > deadline_ms || signal.aborted) {
        child.kill('SIGKILL');
        await ended;
        const why = signal.aborted ? 'stopped' : `not done after ${PATIENCE_MS} ms`;
        throw new SmbError(`${source} cannot be mounted at ${folder}: ${why}`);
      }
      await sleep(LOOK_MS);
    }
    return {
      lost: ended.then((how) => `the mount of ${source} ended: ${lastLine()} (${how})`),
      unmount: async () => {
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
        child.kill('SIGKILL');
        await unmountFolder(request);
      },
    };
  }
}

/** Resolves with how the child ended, also if it never began. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal}` : `status ${code}`));
  });
}
