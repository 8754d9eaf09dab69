import { Coalescing } from '../../../src/switch/worker/coalescing';

const LONGEST_US = 50;

function sleepsAt(times_us: readonly number[], longest_us = LONGEST_US): number[] {
  const slept: number[] = [];
  let now_us = 0;
  const coalescing = new Coalescing(longest_us, (us) => slept.push(now_us, us));
  for (now_us of times_us) coalescing.await(now_us);
  return slept;
}

test('who is woken seldom waits for nobody', () => {
  expect(sleepsAt([0, 100, 200, 1_000_000])).toEqual([]);
});

test('who is woken again soon waits for more to come', () => {
  expect(sleepsAt([0, 99, 300, 301])).toEqual([99, LONGEST_US, 301, LONGEST_US]);
});

test('told to wait for nothing, it never waits', () => {
  expect(sleepsAt([0, 0, 1], 0)).toEqual([]);
});
