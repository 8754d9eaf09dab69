import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { control } from '../../src/topology/control';
import { TopologyError } from '../../src/topology/errors';

const folder = mkdtempSync(join(tmpdir(), 'topology-'));
const path = join(folder, 'sock');
let server: Server | undefined;

/** Answers every request with `answer` and keeps what was asked. */
function listen(answer: string): Promise<string[]> {
  const asked: string[] = [];
  return new Promise((resolve) => {
    server = createServer((socket) => {
      socket.on('data', (chunk) => {
        asked.push(chunk.toString());
        socket.end(answer);
      });
    }).listen(path, () => resolve(asked));
  });
}

afterEach(() => new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve))));
afterAll(() => rmSync(folder, { recursive: true }));

test('one JSON object a line each way', async () => {
  const asked = await listen('{"ok": true, "pid": 5, "signalled_ns": "123"}\n');
  const answer = await control(path, { do: 'kill', node: 'store1', daemon: 'ganesha' });
  expect(answer).toEqual({ ok: true, pid: 5, signalled_ns: '123' });
  expect(asked).toEqual(['{"do":"kill","node":"store1","daemon":"ganesha"}\n']);
});

test.each([
  ['a refusal', '{"ok": false, "error": "no daemon"}\n', 'no daemon'],
  ['nonsense', 'hello\n', 'the topology answers "hello\\n"'],
  ['silence', '', 'the topology answers ""'],
])('%s is a TopologyError', async (_name, answer, message) => {
  await listen(answer);
  await expect(control(path, { do: 'down' })).rejects.toThrow(new TopologyError(message));
});

test('nobody listening is a TopologyError that names the socket', async () => {
  server = undefined;
  await expect(control(join(folder, 'none'), { do: 'down' })).rejects.toThrow(
    /control socket .*none.*ENOENT/,
  );
});
