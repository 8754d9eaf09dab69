import fc from 'fast-check';
import { TimerWheel, type Timed } from '../../src/gateway/timer_wheel';
import { FakeClock } from '../controller/fake_clock';

class Entry implements Timed {
  due = -1;
  timer_next: Timed | undefined;
  timer_previous: Timed | undefined;

  constructor(readonly due_ms: number) {}
}

test('each goes off once, at its time or a slot later, unless it was cleared', () => {
  const delays = fc.array(fc.tuple(fc.nat(30_000), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(delays, fc.integer({ min: 1, max: 2000 }), (wanted, step_ms) => {
      const clock = new FakeClock();
      const gone = new Map<Entry, number>();
      const wheel = new TimerWheel<Entry>(clock, (entry, now_ms) => {
        expect(gone.has(entry)).toBe(false);
        gone.set(entry, now_ms);
      });
      const entries = wanted.map(([delay_ms]) => new Entry(delay_ms));
      for (const entry of entries) wheel.set(entry, 0, entry.due_ms);
      entries.forEach((entry, i) => {
        if (wanted[i]?.[1] === true) wheel.clear(entry);
      });
      expect(wheel.size).toBe(wanted.filter(([, is_cleared]) => !is_cleared).length);
      for (let at_ms = 0; at_ms < 31_000; at_ms += step_ms) clock.advance(step_ms);
      entries.forEach((entry, i) => {
        const gone_ms = gone.get(entry);
        if (wanted[i]?.[1] === true) expect(gone_ms).toBeUndefined();
        else expect((gone_ms ?? -1) - entry.due_ms).toBeGreaterThanOrEqual(0);
        if (gone_ms !== undefined) expect(gone_ms - entry.due_ms).toBeLessThanOrEqual(40);
      });
      expect(wheel.size).toBe(0);
      expect(clock.waiting).toBe(0);
    }),
  );
});

test('one that goes off may be set again at once', () => {
  const clock = new FakeClock();
  let times = 0;
  const wheel: TimerWheel<Entry> = new TimerWheel<Entry>(clock, (entry, now_ms) => {
    if (++times < 5) wheel.set(entry, now_ms, 100);
  });
  wheel.set(new Entry(0), 0, 0);
  clock.advance(1000);
  expect(times).toBe(5);
});
