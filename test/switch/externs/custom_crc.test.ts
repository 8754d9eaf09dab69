import type { CrcParameters } from '../../../src/switch';
import { CustomCrc } from '../../../src/switch/externs/custom_crc';
import { ProgramUnderTest } from '../program';

const CHECK = Buffer.from('123456789');

/** Published check values: the CRC of "123456789" (Catalogue of parametrised CRC algorithms). */
const CATALOGUE: [string, 16 | 32, CrcParameters, number][] = [
  ['CRC-16/ARC', 16, crc(0x8005, 0, 0, true), 0xbb3d],
  ['CRC-16/MODBUS', 16, crc(0x8005, 0xffff, 0, true), 0x4b37],
  ['CRC-16/XMODEM', 16, crc(0x1021, 0, 0, false), 0x31c3],
  ['CRC-16/GENIBUS', 16, crc(0x1021, 0xffff, 0xffff, false), 0xd64e],
  ['CRC-32/ISO-HDLC', 32, crc(0x04c11db7, 0xffffffff, 0xffffffff, true), 0xcbf43926],
  ['CRC-32/ISCSI', 32, crc(0x1edc6f41, 0xffffffff, 0xffffffff, true), 0xe3069283],
  ['CRC-32/BZIP2', 32, crc(0x04c11db7, 0xffffffff, 0xffffffff, false), 0xfc891918],
];

function crc(polynomial: number, initial: number, final_xor: number, reflect: boolean): CrcParameters {
  return { polynomial, initial, final_xor, reflect_input: reflect, reflect_output: reflect };
}

test.each(CATALOGUE)('%s', (_, width, parameters, expected) => {
  const custom = new CustomCrc('c', width);
  custom.configure(parameters);
  expect(custom.compute(CHECK, CHECK.length)).toBe(expected);
});

test('starts as the plain CRC of its width', () => {
  expect(new CustomCrc('c', 16).compute(CHECK, CHECK.length)).toBe(0xbb3d);
  expect(new CustomCrc('c', 32).compute(CHECK, CHECK.length)).toBe(0xcbf43926);
});

test('a program’s custom CRC can be set while it runs', () => {
  const program = new ProgramUnderTest('hashes');
  const wide = '3132333435363738';
  const run = (): string | undefined => program.runHex(0, `000000${wide}00000000`)[0];
  const before = run();
  // p4c numbers them; this one is crc16_custom.
  const calculation = 'calc_0';
  program.engine.setCustomCrc(calculation, crc(0x1021, 0, 0, false));
  const after = run();
  expect(after).not.toBe(before);
  const expected = new CustomCrc('c', 16);
  expected.configure(crc(0x1021, 0, 0, false));
  const value = expected.compute(CHECK, 8).toString(16).padStart(4, '0');
  // Behind the port, the 15 bytes of the input and the two of crc16.
  expect(after?.slice(2 + 34, 2 + 38)).toBe(value);
  expect(() => program.engine.setCustomCrc(calculation, crc(0x10000, 0, 0, false))).toThrow(
    'polynomial 65536 does not fit in 16 bits',
  );
  expect(() => program.engine.setCustomCrc('nothing', crc(1, 0, 0, false))).toThrow(
    'no custom CRC calculation named "nothing"',
  );
});
