import fc from 'fast-check';
import { Agenda } from '../../src/sim/agenda';
import { EventQueue } from '../../src/sim/event_queue';

test('events come in the order of their times, each once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 })),
      fc.integer({ min: 0, max: 10 }),
      (times, taken_early) => {
        const queue = new EventQueue();
        const early = times.slice(0, taken_early);
        early.forEach((time, event) => queue.push(time, event));
        const first = early.length > 0 ? queue.pop() : undefined;
        times.slice(taken_early).forEach((time, index) => queue.push(time, early.length + index));
        const popped: number[] = [];
        while (queue.size > 0) {
          const time = queue.next_time;
          const event = queue.pop() as number;
          expect(times[event]).toBe(time);
          popped.push(event);
        }
        expect(queue.next_time).toBe(Infinity);
        expect(queue.pop()).toBeUndefined();
        const in_order = popped.map((event) => times[event] as number);
        expect(in_order).toEqual([...in_order].sort((a, b) => a - b));
        if (first !== undefined) expect(times[first]).toBe(Math.min(...early));
        expect(new Set([...popped, ...(first === undefined ? [] : [first])]).size).toBe(times.length);
      },
    ),
  );
});

test('an agenda does what a task adds in its turn', () => {
  const agenda = new Agenda();
  const done: string[] = [];
  const note = (name: string) => () => done.push(`${name} at ${agenda.now_us}`);
  agenda.after(5, () => {
    note('first')();
    agenda.after(1, note('second'));
  });
  agenda.after(7, note('third'));
  while (agenda.step());
  expect(done).toEqual(['first at 5', 'second at 6', 'third at 7']);
});
