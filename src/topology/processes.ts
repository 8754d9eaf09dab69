/** Processes known by (pid, start time), as the topology records them: a pid alone may belong to another by now. */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (proc(5), stat field 22); null where the process had ended when it was recorded. */
  start_time: number | null;
}

/** Undefined when there is no such process, or only its exit code is left. */
export function processStartTime(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

export function isAlive({ pid, start_time }: ProcessIdentity): boolean {
  return start_time !== null && processStartTime(pid) === start_time;
}
