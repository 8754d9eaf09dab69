/** The kernel's own count of what a process has run, to the nanosecond: in user mode, in the kernel, and in softirqs on top. */
import koffi from 'koffi';

interface Clocks {
  clock_getcpuclockid(pid: number, clock: Int32Array): number;
  clock_gettime(clock: number, time: BigInt64Array): number;
}

let loaded: Clocks | undefined;

function clocks(): Clocks {
  if (loaded) return loaded;
  const c = koffi.load(null);
  loaded = {
    clock_getcpuclockid: c.func('int clock_getcpuclockid(int, void *)'),
    clock_gettime: c.func('int clock_gettime(int, void *)'),
  };
  return loaded;
}

/**
 * CPU time of all threads of a process, of those that have ended too, in µs. Throws if there is no such process.
 *
 * Not /proc/PID/stat, which counts in units of 10 ms, nor the sum of its threads' schedstat, which forgets those that
 * ended.
 */
export function cpuTime_us(pid: number): number {
  const clock = new Int32Array(1);
  const time = new BigInt64Array(2);
  const c = clocks();
  if (c.clock_getcpuclockid(pid, clock) !== 0 || c.clock_gettime(clock[0] ?? 0, time) !== 0) {
    throw new Error(`process ${pid} has no CPU clock: it has ended`);
  }
  return Number(time[0]) * 1e6 + Number(time[1]) / 1e3;
}
