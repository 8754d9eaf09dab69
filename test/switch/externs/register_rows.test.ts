import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRegisters } from '../../../src/switch/externs/register';
import { placeRegisters } from '../../../src/switch/externs/register_rows';
import { loadProgram } from '../../../src/switch/program/load';

const program = loadProgram(readFileSync(join(__dirname, '../../../p4/build/storeswitch.json'), 'utf8'));
const ownerOf = (name: string): string | undefined => {
  for (const [register, { owner }] of placeRegisters(program))
    if (register.name.endsWith(`.${name}`)) return owner.name;
  return undefined;
};

test('registers that make up one entry share rows, others do not', () => {
  const request = ['client', 'service', 'ports', 'xid', 'store', 'series', 'flags', 'sent_us', 'seen'];
  expect(new Set(request.map((name) => ownerOf(`request_${name}`))).size).toBe(1);
  expect(ownerOf('outstanding')).not.toBe(ownerOf('request_store'));
  expect(ownerOf('rotation')).not.toBe(ownerOf('spare'));
});

test('rows are no longer than a cache line, and hold each register at a place of its own', () => {
  const taken = new Set<string>();
  for (const [{ width }, { owner, at, stride }] of placeRegisters(program)) {
    expect(stride).toBeLessThanOrEqual(16);
    for (let limb = at; limb < at + Math.max(1, Math.ceil(width / 32)); limb++) {
      expect(limb).toBeLessThan(stride);
      expect(taken).not.toContain(`${owner.name} ${limb}`);
      taken.add(`${owner.name} ${limb}`);
    }
  }
});

test('what is written to one register is read from no other', () => {
  const registers = [...makeRegisters(program).values()];
  const value = (register: number, index: number): bigint => BigInt((7 * register + index) % 2);
  const [first, last] = [0, 63];
  registers.forEach((register, i) => [first, last].forEach((at) => register.write(at, value(i, at))));
  registers.forEach((register, i) =>
    [first, last].forEach((at) => expect(register.read(at)).toBe(value(i, at))),
  );
});
