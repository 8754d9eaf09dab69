/** What /proc says of the process that waits for an answer (proc(5), status). */
import { readFileSync } from 'node:fs';

/** SIGKILL in a mask of signals; the kernel also sets it where another signal ends the process. */
const SIGKILL_BIT = 1n << 8n;

/** Undefined for a process that is gone, or in another PID namespace (0). */
function status(pid: number): string | undefined {
  try {
    return pid === 0 ? undefined : readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Whether it is about to end. Also true of one nobody can look at: it would otherwise wait unkillably. */
export function hasFatalSignal(pid: number): boolean {
  const text = status(pid);
  if (text === undefined) return true;
  const masks = [...text.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return masks.some(([, mask]) => (BigInt(`0x${mask}`) & SIGKILL_BIT) !== 0n);
}

/** Its supplementary groups; none of a process nobody can look at. */
export function supplementaryGroups(pid: number): number[] {
  const line = /^Groups:[ \t]*(.*)$/m.exec(status(pid) ?? '')?.[1];
  return (line ?? '').split(' ').filter(Boolean).map(Number);
}
