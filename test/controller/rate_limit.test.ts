import { RateLimit } from '../../src/controller/rate_limit';
import { FakeClock } from './fake_clock';

test('a second is worth so many, at once or spread, and none are saved up', () => {
  const clock = new FakeClock();
  const limit = new RateLimit(4, clock);
  const taken = () => Array.from({ length: 10 }, () => limit.take()).filter(Boolean).length;
  expect(taken()).toBe(4);
  clock.advance(250);
  expect(taken()).toBe(1);
  clock.advance(60_000);
  expect(taken()).toBe(4);
});
