import fc from 'fast-check';
import { Timeline } from '../../src/sim/timeline';

test('events happen at their time, in order, and those of one moment as they were said', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 100 }), (times) => {
      const timeline = new Timeline();
      const happened: [number, number][] = [];
      for (const [index, at_us] of times.entries()) {
        timeline.at(at_us, () => {
          expect(timeline.now_us).toBe(at_us);
          happened.push([at_us, index]);
        });
      }
      while (timeline.step());
      const expected = times.map((at_us, index): [number, number] => [at_us, index]);
      expect(happened).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test('a timer that is cancelled does not call', () => {
  const timeline = new Timeline();
  const calls: number[] = [];
  const timer = timeline.after(5, () => calls.push(timeline.now_ms()));
  timeline.after(7, () => calls.push(timeline.now_ms()));
  timer.cancel();
  while (timeline.step());
  expect(calls).toEqual([7]);
});

test('what happens may add what is to happen', () => {
  const timeline = new Timeline();
  const done: string[] = [];
  const note = (name: string) => () => done.push(`${name} at ${timeline.now_us}`);
  timeline.later(5, () => {
    note('first')();
    timeline.later(1, note('second'));
  });
  timeline.later(7, note('third'));
  while (timeline.step());
  expect(done).toEqual(['first at 5', 'second at 6', 'third at 7']);
});
