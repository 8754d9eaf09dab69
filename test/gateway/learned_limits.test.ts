/** What is learned from replies: how long to wait for one, and how much may be under way. */
import fc from 'fast-check';
import { RoundTripTime } from '../../src/nfs_client/round_trip_time';
import { SendWindow } from '../../src/gateway/send_window';

const BOUNDS = { retransmit_ms_initial: 1000, retransmit_ms_min: 100, retransmit_ms_max: 5000 };

test('timeouts follow RFC 6298 within their bounds', () => {
  const times = new RoundTripTime(BOUNDS);
  expect(times.timeout_ms(1)).toBe(1000);
  times.sample(400);
  expect(times.timeout_ms(1)).toBe(400 + 4 * 200);
  times.sample(400);
  expect(times.timeout_ms(1)).toBe(400 + 4 * 150);
  for (let i = 0; i < 100; i++) times.sample(1);
  expect(times.timeout_ms(1)).toBe(100);
  expect([2, 3, 4, 10].map((n) => times.timeout_ms(n))).toEqual([200, 400, 800, 5000]);
});

test('a timeout makes the next ones longer until a reply tells the time (Karn)', () => {
  const times = new RoundTripTime(BOUNDS);
  times.sample(10);
  times.timedOut(1);
  times.timedOut(1);
  expect(times.timeout_ms(1)).toBe(200);
  expect(times.timeout_ms(2)).toBe(200);
  times.timedOut(2);
  expect(times.timeout_ms(1)).toBe(400);
  times.sample(10);
  expect(times.timeout_ms(1)).toBe(100);
});

test('the window counts what is under way, is halved once for what is lost together, and grows again', () => {
  const window = new SendWindow();
  const limit = window.limit;
  let sent = 0;
  while (window.admit(1)) sent++;
  expect(sent).toBe(limit);
  window.lost(1, 0, 100);
  window.lost(1, 50, 100);
  expect(window.limit).toBe(limit / 2);
  for (let i = 0; i < sent - 2; i++) window.answered(1);
  expect(window.under_way).toBe(0);
  expect(window.limit).toBeGreaterThan(limit / 2);
  expect(window.limit).toBeLessThan(limit);
});

test('a request larger than the window leaves alone', () => {
  const window = new SendWindow();
  expect(window.admit(100_000)).toBe(true);
  expect(window.admit(1)).toBe(false);
});

test('whatever happens, the window stays in its bounds and the count is right', () => {
  const event = fc.tuple(
    fc.constantFrom('admit', 'answered', 'lost', 'cancelled'),
    fc.integer({ min: 1, max: 60 }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const window = new SendWindow();
      const under_way: number[] = [];
      events.forEach(([what, cost], i) => {
        if (what === 'admit') {
          if (window.admit(cost)) under_way.push(cost);
        } else {
          const ended = under_way.shift();
          if (ended === undefined) return;
          if (what === 'lost') window.lost(ended, i * 30, 100);
          else window[what](ended);
        }
        expect(window.under_way).toBe(under_way.reduce((sum, one) => sum + one, 0));
        expect(window.limit).toBeGreaterThanOrEqual(64);
        expect(window.limit).toBeLessThanOrEqual(16_384);
      });
    }),
  );
});
