import { createEngine } from '../../src/switch';
import { programText } from './program';

/** The test program, its action `send` also giving the packet a priority. */
function withPriority(name: string, priority: number): object {
  const program = JSON.parse(programText(name)) as {
    actions: { primitives: object[] }[];
  };
  const set = {
    op: 'assign',
    parameters: [
      { type: 'field', value: ['standard_metadata', 'priority'] },
      { type: 'hexstr', value: `0x${priority.toString(16)}` },
    ],
  };
  for (const action of program.actions) action.primitives.unshift(set);
  return program;
}

function frames(priority: number, priority_queues?: number): number {
  let count = 0;
  const engine = createEngine(
    withPriority('hashes', priority),
    { send: () => count++, digest: () => undefined, idle: () => undefined },
    priority_queues === undefined ? {} : { priority_queues },
  );
  engine.receive(1, Buffer.alloc(40), 0);
  return count;
}

test('a priority that names no queue drops the packet, as in BMv2', () => {
  expect(frames(0)).toBe(1);
  expect(frames(1)).toBe(0);
  expect(frames(1, 2)).toBe(1);
  expect(frames(2, 2)).toBe(0);
  expect(frames(7, 8)).toBe(1);
});
