import {
  efficiencyOf,
  PARTIES,
  ratioAtEqualCpu,
  roundOf,
  type Party,
  type Round,
} from '../../../src/bench/gateway/efficiency';
import { eachParty } from '../../../src/bench/lab/usage';

const parties = (given: Partial<Record<Party, number>>): Record<Party, number> =>
  eachParty(PARTIES, (party) => given[party] ?? 0);

const round = (ops_per_second: number, given: Partial<Record<Party, number>>): Round => ({
  ops_per_second,
  p99_us: 1000,
  cpu_us: parties(given),
  other_work: 0,
  failed: 0,
});

test('a round is what one operation took', () => {
  const usage = {
    requests_per_second: 2000,
    cpu_us_per_second: parties({ proxy: 60_000, switch: 40_000, stores: 200_000 }),
    machine_us_per_second: 500_000,
  };
  const measured = roundOf(usage, { failed: 1, took: [4, 0] }, { failed: 3, took: [4, 10] }, 2);
  expect(measured).toEqual({
    ops_per_second: 2000,
    p99_us: 2 ** (2 / 16),
    cpu_us: parties({ proxy: 30, switch: 20, stores: 100 }),
    other_work: 0.1,
    failed: 2,
  });
});

test('medians of each figure by itself, and what the ratio counts', () => {
  const gateway = efficiencyOf([
    round(4000, { proxy: 40, switch: 20, stores: 100 }),
    round(5000, { proxy: 30, switch: 30, stores: 100 }),
    round(3000, { proxy: 50, switch: 10, stores: 100, client: 20 }),
  ]);
  expect(gateway).toMatchObject({
    ...{ ops_per_second: 4000, p99_us: 1000, proxy_us: 40, proxy_and_switch_us: 60, path_us: 160 },
    busy: { proxy: 0.15, switch: 0.08 },
  });
  const haproxy = efficiencyOf([round(10_000, { proxy: 20, stores: 60 })]);
  expect(ratioAtEqualCpu(gateway, haproxy, 'proxy_us')).toBe(0.5);
  expect(ratioAtEqualCpu(gateway, haproxy, 'proxy_and_switch_us')).toBe(0.33);
  expect(ratioAtEqualCpu(gateway, haproxy, 'path_us')).toBe(0.5);
  expect(ratioAtEqualCpu(efficiencyOf([]), haproxy, 'proxy_us')).toBeNull();
});
