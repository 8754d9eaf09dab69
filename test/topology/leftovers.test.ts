/** `topologies/leftovers.py` ends exactly what a state file records. Namespaces need root. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive, processStartTime, type ProcessIdentity } from '../../src/topology/processes';

const SCRIPT = resolve(__dirname, '../../topologies/leftovers.py');
const NAMESPACE = `leftover-${process.pid}`;
const ready =
  process.getuid?.() === 0 && existsSync('/usr/bin/python3') && spawnSync('ip', ['-V']).status === 0;
// Without root no namespace can be made: nothing of this can be tried.
const testAsRoot = ready ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
const statePath = join(folder, 'topology.json');
const children: ChildProcess[] = [];

async function sleeper(...enter: string[]): Promise<ProcessIdentity> {
  const [program = 'sleep', ...args] = [...enter, 'sleep', '300'];
  const child = spawn(program, args, { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, start_time: processStartTime(child.pid ?? 0) ?? null };
}

function record(daemons: object[], namespace_inode: number): void {
  const shell = { pid: 0, start_time: null };
  const node = { name: 'store1', namespace: NAMESPACE, namespace_inode, shell, daemons };
  writeFileSync(statePath, JSON.stringify({ nodes: [node] }));
}

function removeLeftovers(): string[] {
  const result = spawnSync('/usr/bin/python3', ['-B', SCRIPT, statePath], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return result.stdout.split('\n').filter((line) => line !== '');
}

beforeEach(() => {
  if (ready) spawnSync('ip', ['netns', 'add', NAMESPACE]);
});

afterEach(() => {
  if (ready) spawnSync('ip', ['netns', 'del', NAMESPACE]);
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => rmSync(folder, { recursive: true }));

testAsRoot('recorded processes, and all in a recorded namespace, are ended', async () => {
  const recorded = await sleeper();
  const inside = await sleeper('nsenter', `--net=/run/netns/${NAMESPACE}`);
  const other = await sleeper();
  record([{ name: 'ganesha', ...recorded }], statSync(`/run/netns/${NAMESPACE}`).ino);
  expect(removeLeftovers()).toEqual([`process ${recorded.pid} (ganesha)`, `namespace ${NAMESPACE}`]);
  expect([recorded, inside, other].map(isAlive)).toEqual([false, false, true]);
  expect(existsSync(`/run/netns/${NAMESPACE}`)).toBe(false);
  expect(existsSync(statePath)).toBe(false);
});

testAsRoot('a pid or a name that now means something else is left alone', async () => {
  const recycled = await sleeper();
  record([{ name: 'ganesha', pid: recycled.pid, start_time: (recycled.start_time ?? 0) - 1 }], 1);
  expect(removeLeftovers()).toEqual([]);
  expect(isAlive(recycled)).toBe(true);
  expect(existsSync(`/run/netns/${NAMESPACE}`)).toBe(true);
});

testAsRoot('nothing recorded, nothing removed', () => {
  rmSync(statePath, { force: true });
  expect(removeLeftovers()).toEqual([]);
});
