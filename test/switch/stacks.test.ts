import { createEngine } from '../../src/switch';
import { ProgramUnderTest, programText } from './program';

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

/** As p4c writes `transition select(hdr.labels.lastIndex)`, which BMv2 does not load: three labels, whatever their bottoms. */
function withLastIndex(): object {
  interface Transition {
    value: string | null;
    next_state: string | null;
  }
  interface State {
    name: string;
    transition_key: object[];
    transitions: Transition[];
  }
  const json = JSON.parse(programText('stacks')) as { parsers: { parse_states: State[] }[] };
  const state = json.parsers[0]?.parse_states.find(({ name }) => name === 'labels');
  if (state === undefined) throw new Error('there is no state "labels"');
  const op = { op: 'last_stack_index', left: null, right: { type: 'header_stack', value: 'labels' } };
  state.transition_key = [{ type: 'expression', value: op }];
  state.transitions = [
    { ...state.transitions[0], value: '0x00000002', next_state: 'tail' },
    { ...state.transitions[0], type: 'default', value: null, mask: null, next_state: 'labels' } as Transition,
  ];
  return json;
}

test('a state is chosen by the last index of a stack', () => {
  const sent: string[] = [];
  const engine = createEngine(withLastIndex(), {
    send: (port, buffer, start, end) =>
      sent.push(`${port}:${Buffer.from(buffer.subarray(start, end)).toString('hex')}`),
    digest: () => undefined,
    idle: () => undefined,
  });
  const bottoms = labels(1) + labels(2) + labels(3);
  engine.receive(0, Buffer.from(`0000${bottoms}${NO_TAIL}`, 'hex'), 0);
  expect(sent).toEqual([`1:0300${bottoms}${NO_TAIL}`]);
});
