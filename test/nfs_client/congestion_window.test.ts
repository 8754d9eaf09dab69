import { CongestionWindow } from '../../src/nfs_client/congestion_window';

/** How many calls it lets start. */
function room(window: CongestionWindow): number {
  let calls = 0;
  for (; window.mayStart(1) && calls < 1000; calls++) window.started(1);
  for (let left = calls; left > 0; left--) window.ended(1);
  return calls;
}

const limits = { calls_max: 16, reply_bytes_max: 1000 };

test('grows with the answers up to its limit, until something is lost', () => {
  const window = new CongestionWindow(limits);
  expect(room(window)).toBe(4);
  for (let answer = 0; answer < 200; answer++) window.answered(0);
  expect(room(window)).toBe(16);
});

test('halves once for the losses of one window, then grows by one in a second', () => {
  const window = new CongestionWindow(limits);
  for (let answer = 0; answer < 200; answer++) window.answered(0);
  window.lost(5, 100);
  window.lost(6, 120);
  expect(room(window)).toBe(8);
  for (let now_ms = 100; now_ms <= 1110; now_ms++) window.answered(now_ms);
  expect(room(window)).toBe(9);
  for (let loss = 1; loss < 10; loss++) window.lost(2000 * loss, 2000 * loss + 1);
  expect(room(window)).toBe(2);
});

test('answers on their way fit the buffer; one call may always go', () => {
  const window = new CongestionWindow({ calls_max: 16, reply_bytes_max: 100 });
  expect(window.mayStart(500)).toBe(true);
  window.started(60);
  expect(window.mayStart(40)).toBe(true);
  expect(window.mayStart(41)).toBe(false);
});
