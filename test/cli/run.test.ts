import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXIT } from '../../src/cli/exit_codes';
import type { ControllerStatus } from '../../src/controller/status';
import { FROM_SOURCE, storeswitch } from './support/storeswitch';

const MAIN = resolve(__dirname, '../../src/cli/main.ts');
const EXAMPLE = readFileSync(resolve(__dirname, '../../docs/guide/example.yaml'), 'utf8');

let folder: string;
let socket: string;
let config: string;
const running: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-run-'));
  socket = join(folder, 'admin.sock');
  config = join(folder, 'here.yaml');
  // Nobody listens at port 1.
  writeFileSync(
    config,
    `${EXAMPLE.replace('127.0.0.1:9559', '127.0.0.1:1')}\nadmin: { socket: ${socket} }\n`,
  );
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(folder, { recursive: true });
});

/** Starts `run` and waits until it says that it has started. */
async function start(): Promise<{ child: ChildProcess; log: () => string }> {
  const child = spawn(process.execPath, ['-r', FROM_SOURCE, MAIN, 'run', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let log = '';
  await new Promise<void>((ready, fail) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      if (log.includes('controller starts')) ready();
    });
    child.once('exit', () => fail(new Error(`ended early: ${log}`)));
  });
  return { child, log: () => log };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [unknown];
  return code;
}

it('runs without its switch, says so, and stops on SIGTERM', async () => {
  const { child, log } = await start();
  const { code, stdout } = await storeswitch(['status', '--json', '--socket', socket]);
  expect(code).toBe(EXIT.ok);
  const status = JSON.parse(stdout) as ControllerStatus;
  expect(status).toMatchObject({ state: 'connecting', switch: { address: '127.0.0.1:1', device_id: 1 } });
  const tables = await storeswitch(['table', 'list', '--socket', socket]);
  expect(tables.code).toBe(EXIT.unreachable);
  expect(await end(child, 'SIGTERM')).toBe(EXIT.ok);
  expect(existsSync(socket)).toBe(false);
  for (const line of log().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
});

it('stops on SIGINT too', async () => {
  const { child } = await start();
  expect(await end(child, 'SIGINT')).toBe(EXIT.ok);
});

it('refuses to run beside another controller, and replaces a killed one', async () => {
  const { child } = await start();
  const second = await storeswitch(['run', config]);
  expect(second.code).toBe(EXIT.failed);
  expect(second.stderr).toContain(`storeswitch: ${socket}: another controller is running`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await storeswitch(['status', '--socket', socket])).code).toBe(EXIT.unreachable);
  const third = await start();
  expect(await end(third.child, 'SIGTERM')).toBe(EXIT.ok);
});

it('remembers drained stores beside its configuration', async () => {
  const drained = (): unknown => JSON.parse(readFileSync(join(folder, 'here.drained.json'), 'utf8'));
  const first = await start();
  expect((await storeswitch(['store', 'drain', 'store2', '--socket', socket])).code).toBe(EXIT.ok);
  await end(first.child, 'SIGTERM');
  expect(drained()).toMatchObject({ drained: ['store2'] });
  const second = await start();
  // Only a store that is drained can be restored.
  expect((await storeswitch(['store', 'restore', 'store2', '--socket', socket])).code).toBe(EXIT.ok);
  expect(drained()).toMatchObject({ drained: [] });
  await end(second.child, 'SIGTERM');
});
