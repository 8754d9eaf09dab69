import { ProgramUnderTest } from './program';

/** Bits of what is asked, as the program numbers them. */
const MULTICAST = 1 << 2;
const TRUNCATE_TO_20 = 1 << 6;
const RECIRCULATE = 1 << 10;

const REST = 'ab'.repeat(32);

function lengths(asked: number): number[] {
  const program = new ProgramUnderTest('combos');
  program.engine.setMulticastGroup(1, [
    { port: 2, instance: 0 },
    { port: 3, instance: 0 },
  ]);
  const header = `${asked.toString(16).padStart(4, '0')}0001`;
  return program.run(0, Buffer.from(`${header}00000000${REST}`, 'hex')).map(({ frame }) => frame.length);
}

test('only a packet that leaves is truncated: neither a replica nor a recirculated packet is', () => {
  expect(lengths(0)).toEqual([40]);
  expect(lengths(TRUNCATE_TO_20)).toEqual([20]);
  expect(lengths(TRUNCATE_TO_20 | MULTICAST)).toEqual([40, 40]);
  const program = new ProgramUnderTest('combos');
  // Truncated to its argument, 4, in egress; that of the third pass is what leaves, with two rounds counted.
  const [sent] = program.run(
    0,
    Buffer.from(`${(RECIRCULATE | (1 << 12)).toString(16)}000400000000${REST}`, 'hex'),
  );
  expect(sent?.frame.toString('hex')).toBe('14000204');
});
