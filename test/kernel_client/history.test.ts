import fc from 'fast-check';
import { unexplainedOperations } from '../../src/kernel_client/history';
import { nameEffect } from '../../src/kernel_client/name_effects';
import { ERRNO, type LoggedOperation } from '../../src/kernel_client/operation_log';

function operation(text: string, started_us: number, ended_us: number, error = 0): LoggedOperation {
  const [kind = '', name = '', name2 = ''] = text.split(' ');
  return { kind, name, name2, started_us, ended_us, error, bytes: 0, wrong_bytes: 0 };
}

const { ENOENT, EEXIST } = ERRNO;

const told = (log: readonly LoggedOperation[]): string[] =>
  unexplainedOperations(log).map(({ kind, name }) => `${kind} ${name}`);

test('one after another: each answer follows from those before', () => {
  expect(
    told([
      operation('mkdir d1', 0, 1),
      operation('mkdir d1', 2, 3, EEXIST),
      operation('rename d1 d2', 4, 5),
      operation('rmdir d1', 6, 7, ENOENT),
      operation('lstat d2', 8, 9),
      operation('rmdir d2', 10, 11),
      operation('lstat d2', 12, 13, ENOENT),
    ]),
  ).toEqual([]);
});

test.each([
  ['REMOVE', [operation('create f1', 0, 1), operation('unlink f1', 2, 3, ENOENT)], 'unlink f1'],
  ['MKDIR', [operation('mkdir d1', 0, 1, EEXIST), operation('rmdir d1', 2, 3)], 'mkdir d1'],
  [
    'RENAME',
    [operation('create f1', 0, 1), operation('rename f1 f2', 2, 3, ENOENT), operation('unlink f2', 4, 5)],
    'rename f1',
  ],
  [
    'LINK',
    [operation('create f1', 0, 1), operation('link f1 l1', 2, 3, EEXIST), operation('unlink l1', 4, 5)],
    'link f1',
  ],
])('a %s that two stores executed is told, and nothing after it', (_, log, expected) => {
  expect(told(log)).toEqual([expected]);
});

test('a request executed again later, unseen, shows in the next answer', () => {
  expect(
    told([operation('mkdir d1', 0, 1), operation('rmdir d1', 2, 3), operation('mkdir d1', 4, 5, EEXIST)]),
  ).toEqual(['mkdir d1']);
});

test('of what overlaps, any order may be the true one', () => {
  const remove = operation('unlink f1', 10, 30, ENOENT);
  expect(told([operation('create f1', 0, 1), operation('unlink f1', 5, 20), remove])).toEqual([]);
  expect(told([operation('create f1', 0, 1), remove, operation('unlink f1', 40, 50)])).toEqual(['unlink f1']);
});

test('the order must suit all: an operation that ended before another began came before it', () => {
  // The rename may only come after the rmdir has ended, so nothing can have moved d1 away.
  expect(
    told([operation('mkdir d1', 0, 1), operation('rmdir d1', 2, 3, ENOENT), operation('rename d1 d2', 4, 5)]),
  ).toEqual(['rmdir d1']);
});

test('after another error, the operation may have had its effect or not', () => {
  const log = [operation('create f1', 0, 1), operation('unlink f1', 2, 3, 5)];
  expect(told([...log, operation('lstat f1', 4, 5)])).toEqual([]);
  expect(told([...log, operation('lstat f1', 4, 5, ENOENT)])).toEqual([]);
});

/** A file system that executes one after another, and clients whose calls take effect somewhere within their time. */
interface Call {
  text: string;
  /** Before it takes effect, and after. */
  lead_us: number;
  trail_us: number;
}

const callText = fc.oneof(
  fc
    .constantFrom('create f', 'unlink f', 'mkdir d', 'rmdir d', 'lstat f', 'lstat d')
    .chain((call) => fc.nat({ max: 2 }).map((number) => `${call}${number}`)),
  fc.constantFrom('rename f0 f1', 'rename f1 f2', 'rename d0 d1', 'link f0 l0', 'link f1 l0', 'unlink l0'),
);

const calls = fc.array(
  fc.record({ text: callText, lead_us: fc.nat({ max: 40 }), trail_us: fc.nat({ max: 40 }) }),
  { maxLength: 40 },
);

/** Each takes effect 10 us after the one before; what it answers is what was true then. */
function execute(made: readonly Call[]): LoggedOperation[] {
  const names = new Set<string>();
  return made.map(({ text, lead_us, trail_us }, index) => {
    const moment_us = 1000 + index * 10;
    const started = operation(text, moment_us - lead_us, moment_us + trail_us);
    return { ...started, error: apply(names, started) };
  });
}

/** Returns the errno. */
function apply(names: Set<string>, of: LoggedOperation): number {
  const effect = nameEffect(of);
  if (effect === undefined) throw new Error(`not on names: ${of.kind}`);
  if (effect.present.some((name) => !names.has(name))) return ENOENT;
  if (effect.absent.some((name) => names.has(name))) return EEXIST;
  for (const name of effect.removes) names.delete(name);
  for (const name of effect.makes) names.add(name);
  return 0;
}

test('what one file system answered is always explained', () => {
  fc.assert(
    fc.property(calls, (made) => {
      expect(unexplainedOperations(execute(made))).toEqual([]);
    }),
  );
});

test('a request executed twice is told if nothing else was under way', () => {
  const alone = calls.map((made) => made.map((call) => ({ ...call, lead_us: 1, trail_us: 1 })));
  fc.assert(
    fc.property(alone, fc.nat(), (made, choice) => {
      const log = execute(made);
      const spoilable = log.filter(({ kind, error }) => error === 0 && kind !== 'lstat');
      const spoilt = spoilable[choice % Math.max(spoilable.length, 1)];
      fc.pre(spoilt !== undefined);
      const repeated = spoilt?.kind === 'mkdir' || spoilt?.kind === 'create' || spoilt?.kind === 'link';
      const answered = log.map((one) =>
        one === spoilt ? { ...one, error: repeated ? EEXIST : ENOENT } : one,
      );
      expect(unexplainedOperations(answered)).toEqual(answered.filter((_, index) => log[index] === spoilt));
    }),
  );
});

test('the order of the log does not matter', () => {
  fc.assert(
    fc.property(
      calls.chain((made) => {
        const log = execute(made);
        return fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length }));
      }),
      ([log, shuffled]) => {
        expect(unexplainedOperations(shuffled).length).toBe(unexplainedOperations(log).length);
      },
    ),
  );
});
