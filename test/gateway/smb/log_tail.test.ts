import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogTail } from '../../../src/gateway/smb/log_tail';

let folder: string;
let file: string;
let text: string;
let tail: LogTail;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-tail-'));
  file = join(folder, 'log');
  text = '';
  tail = new LogTail(file, (chunk) => (text += chunk));
});

afterEach(() => {
  tail.stop();
  rmSync(folder, { recursive: true });
});

test('a file that comes later is read from its start', () => {
  tail.look();
  writeFileSync(file, 'one\n');
  tail.look();
  appendFileSync(file, 'two\n');
  tail.look();
  expect(text).toBe('one\ntwo\n');
});

test('what was there before is passed over when that is asked for', () => {
  writeFileSync(file, 'old\n');
  tail.skip();
  appendFileSync(file, 'new\n');
  tail.look();
  expect(text).toBe('new\n');
});

test('a file put aside is read to its end, then its successor', () => {
  writeFileSync(file, 'one\n');
  tail.look();
  appendFileSync(file, 'two\n');
  renameSync(file, `${file}.old`);
  writeFileSync(file, 'three\n');
  tail.look();
  expect(text).toBe('one\ntwo\nthree\n');
});

test('much is read in bounded pieces, and whole', () => {
  const long = 'ü'.repeat(3_000_000);
  writeFileSync(file, long);
  for (let count = 0; count < 10; count++) tail.look();
  expect(text).toBe(long);
});
