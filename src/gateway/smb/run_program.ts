/** Runs a program to its end. */
import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** Null after a signal, and when it ran too long. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Why it could not be started, such as that there is no such program. */
  not_started?: string;
}

const OUTPUT_LENGTH_MAX = 4_194_304;

/** Never rejects. The program is killed after `patience_ms`, and when `signal` aborts. */
export function runProgram(
  argv: readonly string[],
  patience_ms: number,
  signal?: AbortSignal,
): Promise<ProgramResult> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < OUTPUT_LENGTH_MAX) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < OUTPUT_LENGTH_MAX) stderr += text;
  });
  return new Promise((resolve) => {
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(kill, patience_ms);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    const end = (result: ProgramResult): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      resolve(result);
    };
    child.once('error', ({ message }) => end({ code: null, stdout, stderr, not_started: message }));
    child.once('close', (code) => end({ code, stdout, stderr }));
  });
}

/** The first line that says something, for an error message. */
export function lastWords({ stderr, stdout, code, not_started }: ProgramResult): string {
  if (not_started !== undefined) return not_started;
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '') ?? `it ended with status ${code ?? 'none, by a signal'}`;
}
