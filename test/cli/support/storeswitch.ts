import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** For `node -r`. */
export const FROM_SOURCE = resolve(__dirname, 'from_source.cjs');
const CHECKOUT = resolve(__dirname, '../../..');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line in a process of its own, from source. */
export function storeswitch(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(process.execPath, ['-r', FROM_SOURCE, resolve(CHECKOUT, 'src/cli/main.ts'), ...args], {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (outcome.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (outcome.stderr += chunk));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ ...outcome, code }));
  });
}
