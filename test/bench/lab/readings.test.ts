import { cpuTime_us } from '../../../src/bench/lab/cpu_clock';
import { parseIdle_us, softirqThreads } from '../../../src/bench/lab/machine_time';

test('idle, waiting for I/O and stolen time is time without work', () => {
  const stat = 'cpu  23798 2158 9534 28070 394 0 158 157 0 0\ncpu0 11011 1079 4350 15539 49 0 21 70 0 0\n';
  expect(parseIdle_us(stat)).toBe((28070 + 394 + 157) * 10_000);
  expect(() => parseIdle_us('cpu0 1 2 3\n')).toThrow('/proc/stat has no line of all CPUs');
  expect(() => parseIdle_us('cpu  1 2 3\n')).toThrow();
});

test("a process's CPU clock runs while it works, and is not there once it has ended", () => {
  const before = cpuTime_us(process.pid);
  const until = process.cpuUsage().user + 50_000;
  while (process.cpuUsage().user < until);
  const ran_us = cpuTime_us(process.pid) - before;
  expect(ran_us).toBeGreaterThan(20_000);
  expect(ran_us).toBeLessThan(10_000_000);
  // The kernel gives none as high.
  expect(() => cpuTime_us(2 ** 22 + 1)).toThrow('process 4194305 has no CPU clock: it has ended');
});

test('the softirq threads have clocks too', () => {
  for (const pid of softirqThreads()) expect(cpuTime_us(pid)).toBeGreaterThanOrEqual(0);
});
