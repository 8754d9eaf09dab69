import { ProgramUnderTest } from './program';

test('a loop in an action that does not end drops its packet, and the next is served', () => {
  const program = new ProgramUnderTest('loops');
  expect(program.runHex(0, '06 0000')).toEqual(['1:060003']);
  expect(program.logged).toEqual([]);
  expect(program.runHex(0, '07 0000')).toEqual([]);
  expect(program.logged).toEqual([
    expect.stringMatching(/^error: action ".*" jumped back 1000000 times: the packet is dropped$/),
  ]);
  expect(program.runHex(0, 'fe 0000')).toEqual(['1:fe007f']);
});
