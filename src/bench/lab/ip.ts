import { execFileSync } from 'node:child_process';

/** Runs ip(8); returns what it prints. */
export function ip(...args: string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
}
