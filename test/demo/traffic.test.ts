import { trafficSince } from '../../src/demo/traffic';

test('what was counted since; cells that stayed as they were are left out', () => {
  const before = { store_requests: { store1: 5, store2: 7 }, drops: { no_store: 1 } };
  const now = { store_requests: { store1: 5, store2: 9, store3: 4 }, drops: { no_store: 1, malformed: 2 } };
  expect(trafficSince(now, before)).toEqual({
    store_requests: { store2: 2, store3: 4 },
    drops: { malformed: 2 },
  });
});
