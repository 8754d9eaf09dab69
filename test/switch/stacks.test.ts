import { ProgramUnderTest } from './program';

const program = new ProgramUnderTest('stacks');

/** Labels on the wire: a number each, the last marked as the bottom. */
function labels(...numbers: number[]): string {
  return numbers
    .map((n, i) => ((n << 12) | (i === numbers.length - 1 ? 0x100 : 0) | n).toString(16).padStart(8, '0'))
    .join('');
}

/** After the labels the parser looks ahead for a union; this byte says there is none. */
const NO_TAIL = 'ff';

function run(operation: number, index: number, rest: string): string[] {
  const byte = (n: number): string => n.toString(16).padStart(2, '0');
  return program.runHex(0, byte(operation) + byte(index) + rest);
}

test('reads a stack until its bottom and writes it back', () => {
  expect(run(0, 0, `${labels(1, 2, 3)}ff99`)).toEqual([`1:0300${labels(1, 2, 3)}ff99`]);
});

test('a stack that does not fit is an error after what fitted', () => {
  const five = labels(1, 2, 3, 4, 5);
  expect(run(0, 0, five)).toEqual([`2:0400${five}`]);
});

test('a stack that ends too soon is an error too', () => {
  expect(run(0, 0, labels(1, 2).slice(0, 12))).toEqual([`3:0100${labels(1, 2).slice(0, 12)}`]);
});

test('push_front moves the others back, and off the end', () => {
  expect(run(1, 0, labels(1, 2) + NO_TAIL)).toEqual([`1:0300abcde000${labels(1, 2)}${NO_TAIL}`]);
  const four = labels(1, 2, 3, 4);
  expect(run(1, 0, four + NO_TAIL)).toEqual([`1:0400abcde000${four.slice(0, 24)}${NO_TAIL}`]);
});

test('pushed elements are invalid until they are set valid', () => {
  expect(run(3, 0, labels(1, 2) + NO_TAIL)).toEqual([`1:0100${labels(1, 2).slice(0, 8)}${NO_TAIL}`]);
});

test('pop_front moves the others forward', () => {
  expect(run(2, 0, labels(1, 2, 3) + NO_TAIL)).toEqual([`1:0200${labels(1, 2, 3).slice(8)}${NO_TAIL}`]);
  expect(run(2, 0, labels(1) + NO_TAIL)).toEqual([`1:0000${NO_TAIL}`]);
});

test('an element by a computed index; one that is not there is invalid', () => {
  const three = labels(1, 2, 3);
  expect(run(4, 2, three + NO_TAIL)).toEqual([`1:0300${three.slice(16)}${three.slice(8)}${NO_TAIL}`]);
  expect(run(4, 3, three + NO_TAIL)).toEqual([`1:0200${three.slice(8)}${NO_TAIL}`]);
  expect(run(4, 200, three + NO_TAIL)).toEqual([`1:0200${three.slice(8)}${NO_TAIL}`]);
});

test('of a union at most one member is valid', () => {
  expect(run(0, 0, `${labels(1)}0299887766`)).toEqual([`1:0102${labels(1)}0299887766`]);
  expect(run(0, 0, `${labels(1)}0155`)).toEqual([`1:0101${labels(1)}0001020304`]);
});
