import { Random } from '../../src/switch/externs/random';
import { ProgramUnderTest } from './program';

const FRAMES = 1500;

/** Noise that often looks like a header at first. */
function noise(random: Random, i: number): Uint8Array {
  const length = i < 200 ? i : i % 50 === 0 ? random.next() % 65536 : random.next() % 300;
  const frame = Uint8Array.from({ length }, () => random.next());
  if (length > 14 && i % 2 === 0) frame.set([8, 0, 0x40 + (i % 16)], 12);
  if (i % 3 === 0 && length > 0) frame[0] = i % 12;
  return frame;
}

test.each(['arithmetic', 'copies', 'externs', 'matches', 'router', 'stacks'])(
  '%s: no noise is too much, and the switch goes on',
  (name) => {
    const program = new ProgramUnderTest(name);
    const first = program.runHex(1, '00'.repeat(200));
    const random = new Random(7);
    for (let i = 0; i < FRAMES; i++) program.run(random.next() % 512, noise(random, i));
    // The engine drops the frame and logs the error where one is thrown.
    expect(program.logged.filter((line) => line.includes('a frame is dropped'))).toEqual([]);
    if (name !== 'externs') expect(program.runHex(1, '00'.repeat(200))).toEqual(first);
  },
);
