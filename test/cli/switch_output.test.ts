import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { FROM_SOURCE } from './support/storeswitch';

const MAIN = resolve(__dirname, '../../src/cli/main.ts');
const PROGRAM = resolve(__dirname, '../switch/programs/router.json');
const FRAMES = 2000;

let folder: string;
let child: ChildProcessByStdio<null, Readable, Readable>;

/** A capture of frames that a program parses and drops. */
function capture(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const record = Buffer.alloc(16 + 60);
  record.writeUInt32LE(60, 8);
  record.writeUInt32LE(60, 12);
  return Buffer.concat([header, ...Array.from({ length: FRAMES }, () => record)]);
}

function start(...flags: string[]): void {
  const argv = ['switch', PROGRAM, '-i', `1@${join(folder, 'one')}`, '--use-files', '2', ...flags];
  const grpc = ['--', '--grpc-server-addr', '127.0.0.1:0'];
  child = spawn(process.execPath, ['-r', FROM_SOURCE, MAIN, ...argv, ...grpc], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switch-output-'));
  writeFileSync(join(folder, 'one_in.pcap'), capture());
});

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('a reader of traces who leaves is told of once; the switch goes on until SIGTERM', async () => {
  start('--trace');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const seen = async (text: string): Promise<void> => {
    while (!stderr.includes(text) && child.exitCode === null) await once(child.stderr, 'data');
  };
  await seen('standard output is closed');
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(stderr.match(/standard output is closed/g)).toHaveLength(1);
});

test('a reader of the log who is stuck keeps the switch from nothing, not from ending', async () => {
  start('-L', 'trace');
  // Until packets are logged; the rest of several MB is not read.
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  while (!stderr.includes('packet 1')) await once(child.stderr, 'data');
  child.stderr.removeAllListeners('data').pause();
  await new Promise((done) => setTimeout(done, 1000));
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
