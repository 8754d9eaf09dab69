import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDrained, writeDrained } from '../../src/controller/drain_record';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-drain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is written is read, and nothing else is left', () => {
  const file = join(folder, 'run', 'state.json');
  expect(readDrained(file)).toEqual([]);
  writeDrained(file, ['store1', 'store3']);
  expect(readDrained(file)).toEqual(['store1', 'store3']);
  writeDrained(file, []);
  expect(readDrained(file)).toEqual([]);
  expect(readdirSync(join(folder, 'run'))).toEqual(['state.json']);
});

test.each(['', 'null', '[]', '{"version":2,"drained":[]}', '{"version":1,"drained":[7]}', '{"version":1'])(
  'a file with %j is an error that names it',
  (text) => {
    const file = join(folder, 'state.json');
    writeFileSync(file, text);
    expect(() => readDrained(file)).toThrow(`${file}: found`);
    expect(() => readDrained(file)).toThrow('expected {"version":1,"drained":[...]}');
  },
);
