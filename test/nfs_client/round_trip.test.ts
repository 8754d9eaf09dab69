import { RoundTripTimes } from '../../src/nfs_client/round_trip';

const times = { initial_ms: 1100, min_ms: 200, max_ms: 4400 };

test('waits as long as at first until something is known, then as long as it takes, within bounds', () => {
  const trips = new RoundTripTimes(times);
  expect(trips.wait_ms('change', 1)).toBe(1100);
  trips.sample('change', 2);
  expect(trips.wait_ms('change', 1)).toBe(200);
  expect(trips.wait_ms('change', 3)).toBe(800);
  expect(trips.wait_ms('commit', 1)).toBe(1100);
  trips.sample('commit', 500);
  expect(trips.wait_ms('commit', 1)).toBe(1500);
  expect(trips.wait_ms('commit', 9)).toBe(4400);
});

test('nothing is learned of calls that are few', () => {
  const trips = new RoundTripTimes(times);
  trips.sample('none', 2);
  expect(trips.wait_ms('none', 1)).toBe(1100);
});

test('waits that were too short stay doubled until a call is answered that was sent once', () => {
  const trips = new RoundTripTimes(times);
  trips.sample('change', 2);
  trips.timedOut('change', 1);
  expect(trips.wait_ms('change', 1)).toBe(400);
  trips.timedOut('change', 1);
  expect(trips.wait_ms('change', 1)).toBe(400);
  trips.timedOut('change', 2);
  expect(trips.wait_ms('change', 1)).toBe(800);
  trips.sample('change', 2);
  expect(trips.wait_ms('change', 1)).toBe(200);
});
