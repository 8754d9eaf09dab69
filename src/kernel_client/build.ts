/** Builds the guest kernel, once: User-Mode Linux from Debian's kernel sources with `kconfig`. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { KernelClientError } from './errors';

const PACKAGE = 'linux-source-6.1';
const TARBALL = `/usr/src/${PACKAGE}.tar.xz`;

/** Not compiled, so beside the sources: here from dist/ as from src/. */
export const SOURCES = resolve(__dirname, '../../src/kernel_client');

const PROGRESS_FILES = 100;
const LAST_LINES = 15;

export interface GuestKernel {
  program: string;
  /** Of the source package, such as `6.1.192-2`. */
  version: string;
}

/** Where the kernel of a source version and a configuration is kept: a folder that no other one shares. */
export function cacheFolder(version: string, kconfig: string, env: NodeJS.ProcessEnv = process.env): string {
  const caches =
    env.XDG_CACHE_HOME === undefined || env.XDG_CACHE_HOME === ''
      ? join(homedir(), '.cache')
      : env.XDG_CACHE_HOME;
  const hash = createHash('sha256').update(`${version}\n${kconfig}`).digest('hex').slice(0, 12);
  return join(caches, 'storeswitch/kernel-client', `${version}-${hash}`);
}

/** Rejects with KernelClientError when it does not build, with make's last lines. */
export async function guestKernel(
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<GuestKernel> {
  const version = packageVersion();
  const kconfig = join(SOURCES, 'kconfig');
  const folder = cacheFolder(version, readFileSync(kconfig, 'utf8'));
  const program = join(folder, 'linux');
  if (!existsSync(program)) {
    progress(`building a User-Mode Linux kernel ${version}, once: several minutes (${folder})`);
    mkdirSync(folder, { recursive: true });
    await build([TARBALL, kconfig, folder], join(folder, 'build.log'), progress, signal);
  }
  return { program, version };
}

function packageVersion(): string {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Version}', PACKAGE], { encoding: 'utf8' });
  if (query.status === 0 && existsSync(TARBALL)) return query.stdout;
  throw new KernelClientError(
    `the kernel's sources are missing: apt-get install --no-install-recommends ${PACKAGE}`,
  );
}

async function build(
  args: readonly string[],
  logFile: string,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(join(SOURCES, 'build.sh'), args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // The group: make and its compilers end too.
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  const log = createWriteStream(logFile);
  const lastLines: string[] = [];
  let compiled = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
      if (/^ {2}CC /.test(line) && ++compiled % PROGRESS_FILES === 0) progress(`building: ${compiled} files`);
    });
  }
  const code = await new Promise<number | null>((settle, reject) => {
    child.once('error', reject);
    child.once('close', settle);
  });
  signal.removeEventListener('abort', stop);
  log.end();
  if (signal.aborted) throw new KernelClientError('interrupted; the build goes on where it was next time');
  if (code !== 0) {
    throw new KernelClientError(`the kernel does not build (${logFile}):\n${lastLines.join('\n')}`);
  }
}
