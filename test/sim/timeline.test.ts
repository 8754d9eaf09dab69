import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { Timeline } from '../../src/sim/timeline';

test('events happen at their time, in order, and those of one moment as they were said', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 100 }),
      async (times) => {
        const timeline = new Timeline();
        const happened: [number, number][] = [];
        for (const [index, at_us] of times.entries()) {
          timeline.at(at_us, () => {
            expect(timeline.now_us).toBe(at_us);
            happened.push([at_us, index]);
          });
        }
        await timeline.run();
        const expected = times.map((at_us, index): [number, number] => [at_us, index]);
        expect(happened).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      },
    ),
  );
});

test('a timer that is cancelled does not call', async () => {
  const timeline = new Timeline();
  const calls: number[] = [];
  const timer = timeline.after(5, () => calls.push(timeline.now_ms()));
  timeline.after(7, () => calls.push(timeline.now_ms()));
  timer.cancel();
  await timeline.run();
  expect(calls).toEqual([7]);
});

test('what happens may add what is to happen', async () => {
  const timeline = new Timeline();
  const done: string[] = [];
  const note = (name: string) => () => done.push(`${name} at ${timeline.now_us}`);
  timeline.later(5, () => {
    note('first')();
    timeline.later(1, note('second'));
  });
  timeline.later(7, note('third'));
  await timeline.run();
  expect(done).toEqual(['first at 5', 'second at 6', 'third at 7']);
});

test('it runs until a condition holds, or for a time, at whose end it is then', async () => {
  const timeline = new Timeline();
  const done: number[] = [];
  for (const at_us of [1, 2, 3, 9]) timeline.at(at_us, () => done.push(at_us));
  await timeline.run(() => done.length === 2);
  expect([done, timeline.now_us]).toEqual([[1, 2], 2]);
  await timeline.runFor(5);
  expect([done, timeline.now_us]).toEqual([[1, 2, 3], 7]);
  await timeline.run();
  expect(done).toEqual([1, 2, 3, 9]);
});

test('time stands still while promises are kept', async () => {
  const timeline = new Timeline();
  const done: string[] = [];
  const note = (name: string) => done.push(`${name} at ${timeline.now_us}`);
  timeline.after(1, () => void Promise.resolve().then(() => note('a promise')));
  timeline.at(2000, () => {
    timeline.stopFor(
      (async () => {
        for (let turn = 0; turn < 3; turn++) await setImmediate();
        note('a work');
      })(),
    );
  });
  timeline.at(3000, () => note('an event'));
  await timeline.run();
  expect(done).toEqual(['a promise at 1000', 'a work at 2000', 'an event at 3000']);
});

test('a work that fails ends the run', async () => {
  const timeline = new Timeline();
  timeline.at(1, () => timeline.stopFor(Promise.reject(new Error('no switch'))));
  timeline.at(2, () => {
    throw new Error('time went on');
  });
  await expect(timeline.run()).rejects.toThrow('no switch');
});
