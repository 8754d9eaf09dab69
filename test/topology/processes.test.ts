import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, processStartTime } from '../../src/topology/processes';

test('a process is known by its start time too', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const start_time = processStartTime(pid) ?? null;
  expect(start_time).not.toBeNull();
  expect(isAlive({ pid, start_time })).toBe(true);
  expect(isAlive({ pid, start_time: (start_time ?? 0) + 1 })).toBe(false);
  expect(isAlive({ pid, start_time: null })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(isAlive({ pid, start_time })).toBe(false);
});

test('a process whose exit nobody has read is not alive', async () => {
  // The shell leaves its child a zombie: it execs a program that waits for nothing.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60']);
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  try {
    for (let attempt = 0; attempt < 200 && processStartTime(pid) !== undefined; attempt++) {
      await new Promise((wake) => setTimeout(wake, 10));
    }
    expect(processStartTime(pid)).toBeUndefined();
  } finally {
    parent.kill('SIGKILL');
  }
});
