import { ProgramUnderTest } from './program';

/** What the read of a cell leaves in its target where there is no such cell. */
const UNTOUCHED = 'eeee';
const Do = { nothing: 0, meter: 1, count: 2, write: 4 } as const;

function frame(narrow: number, wide: bigint, signed_wide: bigint, what: number): Buffer {
  const bytes = Buffer.alloc(26, UNTOUCHED, 'hex');
  bytes.writeInt8(narrow, 8);
  bytes.writeBigUInt64BE(wide, 9);
  bytes.writeBigInt64BE(signed_wide, 17);
  bytes.writeUInt8(what, 25);
  return bytes;
}

/** The results of the reads at the three indices, and the colour. */
function run(program: ProgramUnderTest, ...given: Parameters<typeof frame>): string[] {
  const [sent] = program.run(1, frame(...given));
  return sent?.frame.subarray(0, 8).toString('hex').match(/.{4}/g) ?? [];
}

test('at an index there is, cells are read, written, metered and counted', () => {
  const program = new ProgramUnderTest('indices');
  expect(run(program, 5, 3n, 7n, Do.meter | Do.count | Do.write)).toEqual(['0000', '3333', '0000', '0000']);
  expect(run(program, 5, 3n, 7n, Do.nothing)).toEqual(['4444', '3333', '6666', UNTOUCHED]);
  expect(program.engine.readCounter('enter.counted', 5).packets).toBe(1n);
});

test('a negative index is outside of the array', () => {
  for (const index of [-1, -128]) {
    const program = new ProgramUnderTest('indices');
    const all = Do.meter | Do.count | Do.write;
    expect(run(program, index, 0n, BigInt(index), all)).toEqual([UNTOUCHED, '0000', UNTOUCHED, UNTOUCHED]);
    for (const wide of [-(1n << 32n) + 5n, -(1n << 63n)])
      expect(run(program, 0, 0n, wide, Do.nothing)[2]).toBe(UNTOUCHED);
    for (let cell = 0; cell < 200; cell++)
      expect(program.engine.readRegister('enter.by_narrow', cell)).toBe(0n);
  }
});

test('of a wide index the low 32 bits count, as in BMv2', () => {
  const program = new ProgramUnderTest('indices');
  for (const wide of [(1n << 32n) + 3n, (1n << 60n) + 3n, (1n << 63n) + 3n])
    expect(run(program, 0, wide, 0n, Do.nothing)[1]).toBe('3333');
  expect(run(program, 0, (1n << 33n) + 200n, 0n, Do.nothing)[1]).toBe(UNTOUCHED);
  run(program, 0, 0n, (1n << 40n) + 9n, Do.write);
  expect(program.engine.readRegister('enter.by_signed_wide', 9)).toBe(0x6666n);
});
