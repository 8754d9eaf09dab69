import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as constants from '../../src/dataplane/constants';
import * as sizes from '../../src/dataplane/sizes';

const p4 = (file: string) => readFileSync(join(__dirname, '../../p4', file), 'utf8');

/** Name -> value of every `const` in P4 source. */
function p4Constants(source: string): Map<string, number> {
  const pattern = /^const\s+\S+\s+([A-Z0-9_]+)\s*=\s*(0x[0-9a-fA-F]+|\d+)\s*;/gm;
  return new Map([...source.matchAll(pattern)].map(([, name, value]) => [name as string, Number(value)]));
}

const inP4 = p4Constants(p4('constants.p4') + p4('targets/v1model.p4'));

test.each(['ROLE', 'CLASS', 'POLICY', 'PUNT', 'PACKET_OUT', 'DROP'] as const)(
  '%s has the names and numbers of constants.p4',
  (group) => {
    const expected = [...inP4].filter(([name]) => name.startsWith(`${group}_`));
    const found = Object.entries(constants[group]).map(([name, value]) => [
      `${group}_${name.toUpperCase()}`,
      value,
    ]);
    expect(expected.length).toBeGreaterThan(0);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  },
);

test.each(['CPU_PORT', 'CPU_CLONE_SESSION', 'GATEWAY_POOL_MAC'] as const)('%s is that of P4', (name) => {
  expect(constants[name]).toBe(inP4.get(name));
});

test.each((Object.keys(sizes) as (keyof typeof sizes)[]).filter((name) => name !== 'HANDLE_PREFIX_OCTETS'))(
  '%s is that of sizes.p4',
  (name) => {
    const line = new RegExp(`^#define\\s+${name}\\s+(\\d+)`, 'm').exec(p4('sizes.p4'));
    expect(sizes[name]).toBe(Number(line?.[1]));
  },
);

test('numbers have names', () => {
  expect(constants.nameOf(constants.DROP, 13n)).toBe('no_store');
  expect(constants.nameOf(constants.DROP, 200)).toBeUndefined();
});
