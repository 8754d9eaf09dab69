import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDrains, writeDrains, type RecordedDrain } from '../../src/controller/drain_record';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-drain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kept = { due_unix_ms: undefined };

test('what is written is read, and nothing else is left', () => {
  const file = join(folder, 'run', 'state.json');
  const none = new Map<string, RecordedDrain>();
  const some = new Map<string, RecordedDrain>([
    ['store1', kept],
    ['store3', { due_unix_ms: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }],
  ]);
  expect(readDrains(file)).toEqual(none);
  writeDrains(file, some);
  expect(readDrains(file)).toEqual(some);
  writeDrains(file, none);
  expect(readDrains(file)).toEqual(none);
  expect(readdirSync(join(folder, 'run'))).toEqual(['state.json']);
});

test('a file without deadlines is read', () => {
  const file = join(folder, 'state.json');
  writeFileSync(file, '{"version":1,"drained":["store1"]}');
  expect(readDrains(file)).toEqual(new Map([['store1', kept]]));
});

test.each([
  '',
  'null',
  '{"version":1,"drained":[],"deadlines":{"store1":"soon"}}',
  '[]',
  '{"version":2,"drained":[]}',
  '{"version":1,"drained":[7]}',
  '{"version":1',
])('a file with %j is an error that names it', (text) => {
  const file = join(folder, 'state.json');
  writeFileSync(file, text);
  expect(() => readDrains(file)).toThrow(`${file}: found`);
  expect(() => readDrains(file)).toThrow('expected {"version":1,"drained":[...]}');
});
