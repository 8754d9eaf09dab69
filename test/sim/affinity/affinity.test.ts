/** Through the compiled program and the controllers behind it; short: the benchmark runs for longer. */
import { runAffinity, type AffinityCounts } from '../../../src/sim';

// Nothing is waited for here, but work is done: on a busy machine it takes as long as it takes.
jest.setTimeout(300_000);

const OPTIONS = { seed: 3, stores: 4, duration_s: 6, requests_per_s: 500, sessions_per_s: 20, loss: 0.05 };

function expectAllInPlace(counts: AffinityCounts): void {
  expect(counts.retransmissions_judged).toBeGreaterThan(50);
  expect(counts.segments_judged).toBeGreaterThan(500);
  expect(counts.store_events).toBeGreaterThan(0);
  expect(counts.unanswered).toBe(0);
  expect([counts.misplaced_non_idempotent, counts.misplaced_segments]).toEqual([0, 0]);
}

test('no retransmission and no segment is misplaced', async () => {
  const counts = await runAffinity({ ...OPTIONS, virtualizers: 1 });
  expectAllInPlace(counts);
  expect([counts.misplaced_across_views, counts.misplaced_segments_across_views]).toEqual([0, 0]);
});

test('what two virtualizers cannot know is told apart', async () => {
  expectAllInPlace(await runAffinity({ ...OPTIONS, virtualizers: 2 }));
});

test('it ends when it is told to', async () => {
  const aborted = AbortSignal.abort(new Error('enough'));
  await expect(runAffinity({ ...OPTIONS, virtualizers: 1 }, aborted)).rejects.toThrow('enough');
});
