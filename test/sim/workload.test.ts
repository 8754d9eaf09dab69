import { Draws, Weighted } from '../../src/sim/random';
import { CLIENTS, makeTrace } from '../../src/sim/trace';
import { WORKLOADS } from '../../src/sim/workload';

test.each(WORKLOADS)('the mean service time of $name is the unit', (workload) => {
  const { service, length } = makeTrace(workload, 400_000, 3);
  const mean = service.reduce((sum, one) => sum + one, 0) / length;
  expect(Math.abs(mean - 1)).toBeLessThan(0.03);
});

test('a trace is the same for the same seed, one request in each unit of time, by any client', () => {
  const [workload] = WORKLOADS;
  if (workload === undefined) throw new Error('no workload');
  const trace = makeTrace(workload, 50_000, 3);
  expect(makeTrace(workload, 50_000, 3)).toEqual(trace);
  expect(makeTrace(workload, 50_000, 4)).not.toEqual(trace);
  expect(Math.abs((trace.sent.at(-1) ?? 0) / 50_000 - 1)).toBeLessThan(0.03);
  expect(new Set(trace.client).size).toBe(CLIENTS);
});

test('weighted draws come as often as their weights say', () => {
  const draws = new Draws(1);
  const weighted = new Weighted([1, 0, 3]);
  const counts = [0, 0, 0];
  for (let i = 0; i < 40_000; i++) {
    const index = weighted.draw(draws);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  expect(counts[1]).toBe(0);
  expect((counts[2] ?? 0) / (counts[0] ?? 1)).toBeCloseTo(3, 0);
});
