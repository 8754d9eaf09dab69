import { spawnSync } from 'node:child_process';

/** Whether the shell finds a program of that name. */
export function isOnPath(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
