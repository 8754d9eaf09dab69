/** A short form of `npm run bench -- sessions`. */
import { runSessionMoves } from '../../src/sim';

test('no connection moves off a live store, however long it is silent, and those of dead ones are reset', async () => {
  const counts = await runSessionMoves({
    seed: 7,
    sessions: 200,
    stores: 4,
    duration_s: 150,
    controllers_are: 'stopped',
  });
  expect(counts.moved).toBe(0);
  expect(counts.dropped).toBe(0);
  expect(counts.sessions).toBeGreaterThan(200);
  expect(counts.pool_changes).toBeGreaterThan(75);
  expect(counts.store_deaths).toBeGreaterThan(3);
  expect(counts.reset_at_once).toBeGreaterThan(10 * counts.reset_later);
}, 600_000);
