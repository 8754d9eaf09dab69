import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminServer, callAdmin } from '../../../src/admin';
import { NO_FAULTS, Switch } from '../../../src/switch';
import { adminMethods } from '../../../src/switch/control/admin_methods';
import { LogLevelControl } from '../../../src/switch/control/log_level';
import { programText } from '../program';

let folder: string;
let socket: string;
let server: AdminServer;
let one: Switch;
const logged: unknown[] = [];
const log = { level: 'warn', trace: (...args: unknown[]) => void logged.push(args) };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-ctl-'));
  socket = join(folder, 'admin.sock');
  one = new Switch({ ports: [1, 7], program: JSON.parse(programText('router')) as object, now_us: () => 0 });
  log.level = 'warn';
  logged.length = 0;
  server = await AdminServer.listen(socket, adminMethods(one.control, new LogLevelControl(one.control, log)));
});
afterEach(async () => {
  await server.close();
  await one.close();
  rmSync(folder, { recursive: true });
});

/** Shorter than its header: the program reports it by port 7. */
const SHORT = Buffer.from('02000000000102000000000208004500', 'hex');

test('ports, up and down', async () => {
  await callAdmin(socket, 'port.set', { port: 7, up: false });
  one.inject(1, SHORT);
  expect(await callAdmin(socket, 'port.list')).toMatchObject([
    { number: 1, up: true, stats: { rx_frames: 1 } },
    { number: 7, up: false, enabled: false, stats: { tx_dropped: 1 } },
  ]);
});

test('a port is removed; interfaces are for a switch with a thread of its own', async () => {
  await callAdmin(socket, 'port.remove', { port: 7 });
  expect(await callAdmin(socket, 'port.list')).toMatchObject([{ number: 1 }]);
  one.inject(1, SHORT);
  expect(await callAdmin(socket, 'counts')).toMatchObject({ unknown_port: 1 });
  await expect(callAdmin(socket, 'port.remove', { port: 7 })).rejects.toThrow('there is no port 7');
  await expect(callAdmin(socket, 'port.add', { port: 8, interface: 'x' })).rejects.toThrow('no thread');
  await expect(callAdmin(socket, 'port.add', { port: 8 })).rejects.toMatchObject({ code: 'bad_params' });
});

test('faults of one direction or both', async () => {
  await callAdmin(socket, 'faults.set', { port: 7, loss: 1, direction: 'in' });
  expect(one.exchange(1, SHORT)).toHaveLength(1);
  await callAdmin(socket, 'faults.set', { port: 7, loss: 1 });
  expect(one.exchange(1, SHORT)).toHaveLength(0);
  await callAdmin(socket, 'faults.clear', { port: 7 });
  expect(one.exchange(1, SHORT)).toHaveLength(1);
});

test('a seed brings the same faults here as in a test, in whichever directions', async () => {
  const faults = { ...NO_FAULTS, loss: 0.5, seed: 7 };
  const seen = (): number[] => Array.from({ length: 64 }, () => one.exchange(1, SHORT).length);
  await one.control.setFaults(7, { out: faults });
  const expected = seen();
  for (const direction of ['out', undefined]) {
    await callAdmin(socket, 'faults.set', { port: 7, loss: 0.5, seed: 7, direction });
    expect(seen()).toEqual(expected);
  }
});

async function startTrace(filter: Record<string, number>): Promise<Record<string, unknown>> {
  return (await callAdmin(socket, 'trace.start', filter)) as { trace: number };
}

test('traces until the number asked for', async () => {
  const mine = await startTrace({ port: 1, packets_max: 1 });
  one.inject(1, SHORT);
  one.inject(1, SHORT);
  expect(await callAdmin(socket, 'trace.take', mine)).toMatchObject({
    traces: [{ packet: 1, port: 1 }],
    missed: 0,
  });
  expect(await callAdmin(socket, 'trace.take', mine)).toEqual({ traces: [], missed: 0 });
});

test('who traces sees its own packets, whatever others start and stop', async () => {
  const printed: number[] = [];
  await one.control.subscribeTraces({}, ({ packet }) => printed.push(packet));
  const first = await startTrace({ port: 7 });
  one.inject(1, SHORT);
  const second = await startTrace({ packets_max: 2 });
  await callAdmin(socket, 'log.level', { level: 'trace' });
  one.inject(7, SHORT);
  await callAdmin(socket, 'log.level', { level: 'info' });
  for (let i = 0; i < 3; i++) one.inject(1, SHORT);
  one.inject(7, SHORT);
  expect(await callAdmin(socket, 'trace.take', first)).toMatchObject({
    traces: [
      { packet: 1, port: 7 },
      { packet: 2, port: 7 },
    ],
  });
  expect(await callAdmin(socket, 'trace.take', second)).toMatchObject({
    traces: [
      { packet: 1, port: 7 },
      { packet: 2, port: 1 },
    ],
  });
  await callAdmin(socket, 'trace.stop', first);
  await callAdmin(socket, 'trace.stop', second);
  await expect(callAdmin(socket, 'trace.take', first)).rejects.toThrow('there is no trace');
  one.inject(1, SHORT);
  expect(printed).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(logged).toHaveLength(1);
});

test('the log level; trace traces every packet', async () => {
  expect(await callAdmin(socket, 'log.level')).toEqual({ level: 'warn' });
  expect(await callAdmin(socket, 'log.level', { level: 'trace' })).toEqual({ level: 'trace' });
  one.inject(1, SHORT);
  expect(logged).toHaveLength(1);
  expect(await callAdmin(socket, 'log.level', { level: 'off' })).toEqual({ level: 'off' });
  expect(log.level).toBe('silent');
});

test.each([
  ['port.set', { port: 9, up: true }, 'there is no port 9'],
  ['port.set', { port: 1 }, 'up: Invalid input'],
  ['faults.set', { port: 1, loss: 2 }, 'loss: Too big'],
  ['faults.set', { port: 1, lost: 1 }, 'Unrecognized key: "lost"'],
  ['capture.start', { folder: 'here' }, 'folder: an absolute path'],
  ['capture.start', { folder: '/nowhere' }, '/nowhere: the folder for captures is not there'],
  ['log.level', { level: 'loud' }, 'level: Invalid option'],
])('%s %j is refused', async (method, params, message) => {
  await expect(callAdmin(socket, method, params)).rejects.toMatchObject({
    code: 'bad_params',
    message: expect.stringContaining(message) as string,
  });
});
