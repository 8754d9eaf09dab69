/** One run of smbd(8). */
import { spawn, type ChildProcess } from 'node:child_process';
import type { SmbFolders } from './folders';

/** SIGTERM ends its children too; after this long, SIGKILL. */
const STOP_PATIENCE_MS = 5_000;
const STDERR_LENGTH_MAX = 2_000;

export class Smbd {
  private readonly child: ChildProcess;
  private said = '';
  /** How it ended; never rejects. */
  readonly ended: Promise<string>;

  /** `program`: smbd, with what comes before it. */
  constructor(program: readonly string[], folders: Pick<SmbFolders, 'config_file' | 'log'>) {
    // Samba's helpers get the names of these files and stand elsewhere: both are absolute.
    const options = ['-F', '--no-process-group', '-s', folders.config_file, '-l', folders.log];
    const [command = '', ...args] = [...program, ...options];
    // Not above this process: an smbd that nobody supervises would keep the port.
    const argv = ['--pdeathsig', 'TERM', '--', command, ...args];
    // A session of its own: when smbd ends, it sends SIGTERM to its whole process group, which must not be ours.
    this.child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-STDERR_LENGTH_MAX);
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('exit', (code, signal) =>
        resolve(code === null ? `signal ${signal}` : `status ${code}`),
      );
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it wrote to standard error, and not to its log. */
  get stderr(): string {
    return this.said.trim();
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
