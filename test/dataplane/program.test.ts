import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { loadProgram, ProgramError, programFiles } from '../../src/dataplane/program';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storeswitch-program-'));
  for (const file of Object.values(programFiles()))
    copyFileSync(file as string, join(folder, basename(file as string)));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Changes the text of one of the two files. */
function edit(file: keyof ReturnType<typeof programFiles>, change: (text: string) => string): void {
  const path = programFiles(folder)[file];
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

test('the program shipped is the one this version knows', () => {
  expect(loadProgram().p4info.tables.size).toBe(25);
  expect(loadProgram(folder).device_config.length).toBeGreaterThan(1000);
});

test.each([
  ['a table that is missing', 'alias: "host_port"', 'alias: "host_prot"', 'there is no table host_port'],
  [
    'a key field of another width',
    'name: "slot"\n    bitwidth: 16\n    match_type',
    'name: "slot"\n    bitwidth: 8\n    match_type',
    'table slot: found key (pool_id: exact 16 bits, slot: exact 8 bits), ' +
      'expected (pool_id: exact 16 bits, slot: exact 16 bits)',
  ],
  [
    'an action that is missing',
    'alias: "reselect"',
    'alias: "select"',
    'table store_down: there is no action reselect',
  ],
  [
    'a counter that is missing',
    'alias: "drop_counter"',
    'alias: "drops"',
    'there is no counter drop_counter',
  ],
])('P4Info with %s is refused', (_what, from, to, problem) => {
  edit('p4info', (text) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  });
  let message = '';
  try {
    loadProgram(folder);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(`${programFiles(folder).p4info}: not the P4Info of this version's program: `);
  expect(message).toContain(problem);
});

test('JSON of another program than the P4Info is refused', () => {
  edit('device_config', (text) =>
    text.replaceAll('StoreswitchIngress.arp.arp', 'StoreswitchIngress.arp.other'),
  );
  expect(() => loadProgram(folder)).toThrow(ProgramError);
  expect(() => loadProgram(folder)).toThrow('does not have table StoreswitchIngress.arp.arp of');
});

test('files that are missing or no JSON are named', () => {
  edit('device_config', () => '{');
  expect(() => loadProgram(folder)).toThrow(`${programFiles(folder).device_config}: is not JSON`);
  rmSync(programFiles(folder).device_config);
  expect(() => loadProgram(folder)).toThrow(`${programFiles(folder).device_config}: cannot be read`);
});
