import fc from 'fast-check';
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
        const inOrder = (a: number, b: number) => (times[a] as number) - (times[b] as number) || a - b;
        expect(popped).toEqual([...popped].sort(inOrder));
        if (first !== undefined) expect(times[first]).toBe(Math.min(...early));
        expect(new Set([...popped, ...(first === undefined ? [] : [first])]).size).toBe(times.length);
      },
    ),
  );
});
