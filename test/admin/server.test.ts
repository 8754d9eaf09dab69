import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { AdminClient, AdminError, AdminServer, callAdmin, REQUEST_BYTES_MAX } from '../../src/admin';

let folder: string;
let path: string;
let server: AdminServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-admin-'));
  path = join(folder, 'run', 'admin.sock');
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function listen(): Promise<AdminServer> {
  server = await AdminServer.listen(path, {
    echo: (params) => params,
    count: () => ({ packets: 12345678901n }),
    nothing: () => undefined,
    refuse: () => {
      throw new AdminError('bad_params', 'there is no store "s9"');
    },
    break: () => {
      throw new TypeError('not our fault');
    },
    slow: () => new Promise((resolve) => setTimeout(resolve, 50, 'late')),
    stuck: () => new Promise(() => undefined),
  });
  return server;
}

/** Sends raw bytes and reads what comes until the server closes, or `lines` lines have come. */
async function raw(bytes: string, lines: number): Promise<unknown[]> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString();
    if (text.split('\n').length > lines) break;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

/** A socket file that nobody listens at any more, as a killed process leaves it. */
function leaveStaleSocket(at: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(statSync(at).isSocket()).toBe(true);
}

describe('a call', () => {
  it('returns what the method returns, with counters as numbers', async () => {
    await listen();
    expect(await callAdmin(path, 'echo', { a: [1, 'zwei'] })).toEqual({ a: [1, 'zwei'] });
    expect(await callAdmin(path, 'count')).toEqual({ packets: 12345678901 });
    expect(await callAdmin(path, 'nothing')).toBeNull();
  });

  it('rejects with the code and words of the method', async () => {
    await listen();
    await expect(callAdmin(path, 'refuse')).rejects.toMatchObject({
      code: 'bad_params',
      message: 'there is no store "s9"',
    });
    await expect(callAdmin(path, 'break')).rejects.toMatchObject({
      code: 'failed',
      message: 'not our fault',
    });
    await expect(callAdmin(path, 'toString')).rejects.toMatchObject({ code: 'unknown_method' });
  });

  it('may be one of many on a connection, answered in order', async () => {
    await listen();
    const client = await AdminClient.connect(path);
    const order: unknown[] = [];
    const note = (value: unknown): number => order.push(value);
    await Promise.all([client.call('slow').then(note), client.call('echo', { n: 1 }).then(note)]);
    expect(order).toEqual(['late', { n: 1 }]);
    client.close();
    await expect(client.call('echo')).rejects.toThrow('closed');
  });

  it('ends after its timeout', async () => {
    await listen();
    await expect(callAdmin(path, 'stuck', {}, { timeout_ms: 20 })).rejects.toMatchObject({
      code: 'unreachable',
      message: `${path}: stuck: no answer within 20 ms`,
    });
  });

  it('ends when the server goes away', async () => {
    const running = await listen();
    const client = await AdminClient.connect(path);
    const call = client.call('stuck');
    const outcome = expect(call).rejects.toMatchObject({ code: 'unreachable' });
    await running.close();
    await outcome;
  });
});

describe('a client of nobody', () => {
  it('says that there is no socket', async () => {
    await expect(callAdmin(path, 'echo')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(callAdmin(path, 'echo')).rejects.toThrow(`there is no admin socket ${path}`);
  });

  it('says that the controller has ended', async () => {
    const stale = join(folder, 'stale.sock');
    leaveStaleSocket(stale);
    await expect(callAdmin(stale, 'echo')).rejects.toThrow(`the one that made ${stale} has ended`);
  });

  it('refuses answers that are not of this protocol', async () => {
    path = join(folder, 'other.sock');
    for (const [answer, code] of [
      ['hello\n', 'bad_response'],
      ['{"version":2,"id":1,"result":1}\n', 'version'],
      ['{"version":1,"id":1}\n', 'bad_response'],
    ] as const) {
      const other = createServer((socket) => socket.resume().end(answer)).listen(path);
      await once(other, 'listening');
      await expect(callAdmin(path, 'echo')).rejects.toMatchObject({ code });
      other.close();
      await once(other, 'close');
    }
  });
});

describe('a request that is not one', () => {
  it.each([
    ['nonsense', null, 'bad_request'],
    ['[]', null, 'bad_request'],
    ['{"id":7,"method":"echo"}', 7, 'version'],
    ['{"version":9,"id":7,"method":"echo"}', 7, 'version'],
    ['{"version":1,"id":"7","method":"echo"}', null, 'bad_request'],
    ['{"version":1,"id":7}', 7, 'bad_request'],
    ['{"version":1,"id":7,"method":"__proto__"}', 7, 'unknown_method'],
  ])('%s is answered with its reason, and the connection goes on', async (line, id, code) => {
    await listen();
    const good = '{"version":1,"id":8,"method":"echo","params":"still here"}';
    expect(await raw(`${line}\n${good}\n`, 2)).toEqual([
      { version: 1, id, error: { code, message: expect.any(String) as string } },
      { version: 1, id: 8, result: 'still here' },
    ]);
  });

  it('without an end is cut off', async () => {
    await listen();
    const answers = await raw('x'.repeat(REQUEST_BYTES_MAX + 1), 10);
    expect(answers).toMatchObject([{ id: null, error: { code: 'bad_request' } }]);
  });
});

describe('the socket', () => {
  it('belongs to its owner alone', async () => {
    await listen();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is removed at the end', async () => {
    await (await listen()).close();
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of one whose process died', async () => {
    path = join(folder, 'admin.sock');
    leaveStaleSocket(path);
    await listen();
    expect(await callAdmin(path, 'echo', { n: 1 })).toEqual({ n: 1 });
  });

  it('never takes the place of a live one', async () => {
    await listen();
    await expect(AdminServer.listen(path, {})).rejects.toThrow('another controller is running');
    expect(await callAdmin(path, 'echo', { n: 1 })).toEqual({ n: 1 });
  });

  it('never takes the place of another file', async () => {
    path = join(folder, 'file');
    writeFileSync(path, 'precious');
    await expect(AdminServer.listen(path, {})).rejects.toThrow('is not a socket');
  });

  it('has a path of bounded length', async () => {
    const long = join(folder, 'x'.repeat(120));
    await expect(AdminServer.listen(long, {})).rejects.toThrow('at most 107 bytes');
    await expect(callAdmin(long, 'echo')).rejects.toThrow('at most 107 bytes');
  });

  const unlessRoot = process.getuid?.() === 0 ? it.skip : it;
  unlessRoot('tells why it may not be opened (not as root, who may open everything)', async () => {
    await listen();
    chmodSync(path, 0);
    await expect(callAdmin(path, 'echo')).rejects.toThrow('permission denied');
  });

  it('holds a bounded number of connections', async () => {
    server = await AdminServer.listen(path, { echo: (params) => params }, { connections_max: 2 });
    const clients = [await AdminClient.connect(path), await AdminClient.connect(path)];
    for (const client of clients) await client.call('echo');
    await expect(callAdmin(path, 'echo')).rejects.toMatchObject({ code: 'busy' });
    for (const client of clients) expect(await client.call('echo', { n: 1 })).toEqual({ n: 1 });
    for (const client of clients) client.close();
  });
});
