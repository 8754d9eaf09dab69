/** How busy the whole machine was, as a check on the sum over processes. */
import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): /proc/stat counts in hundredths of a second. */
const TICK_US = 10_000;

/** Columns of /proc/stat's first line that are not work: idle, iowait, steal. */
const NO_WORK = [3, 4, 7];

/**
 * The time, in µs since boot and of all CPUs together, in which no CPU of this machine worked, from the text of
 * /proc/stat. The kernel measures these columns; the others it samples at the timer's ticks.
 */
export function parseIdle_us(stat: string): number {
  const columns = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const ticks = NO_WORK.reduce((sum, column) => sum + (columns[column] ?? NaN), 0);
  if (Number.isNaN(ticks)) throw new Error('/proc/stat has no line of all CPUs');
  return ticks * TICK_US;
}

export function idle_us(): number {
  return parseIdle_us(readFileSync('/proc/stat', 'utf8'));
}

/** The threads that run softirqs when there are too many for the tasks that cause them. */
export function softirqThreads(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('ksoftirqd/');
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}
