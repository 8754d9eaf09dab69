/** Programs the demo runs in nodes. */
import type { ChildProcess } from 'node:child_process';
import type { Topology } from '../topology/topology';

/** Collects standard error; the function returns what came so far. */
export function errorOutput(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

/** Resolves with the exit code; null after a signal. */
export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

export interface Output {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Runs a program in a node to its end, and kills it when it takes too long. */
export async function runIn(
  topology: Topology,
  node: string,
  argv: readonly string[],
  patience_ms = 30_000,
): Promise<Output> {
  const child = topology.spawn(node, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const stderr = errorOutput(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience_ms);
  try {
    const code = await ended(child);
    return { code, stdout: Buffer.concat(chunks), stderr: stderr() };
  } finally {
    clearTimeout(timer);
  }
}
