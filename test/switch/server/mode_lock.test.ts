import { ModeLock } from '../../../src/switch/server/mode_lock';

type Mode = 'read' | 'write' | 'alone';

/** Starts work of these modes and ends it in the order of starting, noting who runs together. */
async function together(...modes: Mode[]): Promise<string[]> {
  const lock = new ModeLock<Mode>('alone');
  const running: Mode[] = [];
  const seen: string[] = [];
  const all = modes.map((mode) =>
    lock.run(mode, async () => {
      running.push(mode);
      await Promise.resolve();
      seen.push(running.join('+'));
      await Promise.resolve();
      running.splice(running.indexOf(mode), 1);
    }),
  );
  await Promise.all(all);
  return seen;
}

test('one mode runs together, others wait their turn', async () => {
  expect(await together('read', 'read', 'write', 'write', 'read')).toEqual([
    'read+read',
    'read+read',
    'write+write',
    'write+write',
    'read',
  ]);
});

test('what is alone is alone', async () => {
  expect(await together('alone', 'alone', 'read')).toEqual(['alone', 'alone', 'read']);
});

test('work that fails makes room too, and the first starts at once', async () => {
  const lock = new ModeLock<Mode>('alone');
  let has_started = false;
  const failing = lock.run('alone', () => {
    has_started = true;
    return Promise.reject(new Error('no'));
  });
  expect(has_started).toBe(true);
  const after = lock.run('write', () => Promise.resolve(5));
  await expect(failing).rejects.toThrow('no');
  expect(await after).toBe(5);
});
