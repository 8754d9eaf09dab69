import { costOf, medianCost, PARTIES, type Party } from '../../../src/bench/overhead/accounting';
import { eachParty, otherWork, usageBetween, type Usage } from '../../../src/bench/lab/usage';

const parties = (given: Partial<Record<Party, number>>): Record<Party, number> =>
  eachParty(PARTIES, (party) => given[party] ?? 0);

const usage = (given: Partial<Record<Party, number>>, requests_per_second = 1000): Usage<Party> => ({
  requests_per_second,
  cpu_us_per_second: parties(given),
  machine_us_per_second: 500_000,
});

test('two samples give rates', () => {
  const from = { time_us: 1e6, idle_us: 0, answered: 100, cpu_us: parties({ box: 5, client: 7 }) };
  const to = { time_us: 3e6, idle_us: 1e6, answered: 4100, cpu_us: parties({ box: 105, client: 7 }) };
  expect(usageBetween(from, to, 2)).toEqual({
    requests_per_second: 2000,
    cpu_us_per_second: parties({ box: 50 }),
    machine_us_per_second: 1.5e6,
  });
  expect(() => usageBetween(to, to, 2)).toThrow('two samples of the same moment');
});

test('a request costs what is spent more than over the wire, and by the box beyond its rest', () => {
  const cost = costOf({
    wire: usage({ client: 10_000, stores: 40_000, softirq: 1000 }),
    // At another rate: each is divided by its own.
    path: usage({ client: 24_000, stores: 78_000, softirq: 2000, box: 70_000, controller: 9000 }, 2000),
    rest: usage({ box: 30_000, controller: 8000 }, 0),
  });
  expect(cost.client_us).toBeCloseTo(2);
  expect(cost.stores_us).toBeCloseTo(-1);
  expect(cost.box_us).toBeCloseTo(20);
  expect(cost.added_us).toBeCloseTo(21);
  // What the controller does meanwhile does not depend on the requests.
  expect(cost.with_rest_us).toBeCloseTo(21 + 15 + 4);
  expect(cost.machine_us).toBeCloseTo(250 - 500);
});

test('the medians of a cost are of each figure by itself', () => {
  const costs = [1, 5, 3].map((n) => ({
    added_us: n,
    with_rest_us: -n,
    machine_us: n % 5,
    client_us: n,
    stores_us: n,
    box_us: n,
  }));
  expect(medianCost(costs)).toMatchObject({ added_us: 3, with_rest_us: -3, machine_us: 1 });
  expect(medianCost([])).toMatchObject({ added_us: NaN });
});

test('other work is what the machine did and no party', () => {
  expect(otherWork(usage({ client: 100_000, box: 200_000 }), 2)).toBeCloseTo(0.1);
  // The kernel rounds the idle time: less than nothing is nothing.
  expect(otherWork(usage({ client: 600_000 }), 2)).toBe(0);
});
