import { judge, loadWithin } from '../../../src/bench/policy/figures';
import { IDEAL, POLICIES, type Measured } from '../../../src/bench/policy/measure';

test('the load within a limit lies between the loads measured', () => {
  const curve = [
    { load: 0.9, p99: 100 },
    { load: 0.5, p99: 1 },
    { load: 0.7, p99: 10 },
  ];
  expect(loadWithin(curve, 10)).toBeCloseTo(0.7);
  expect(loadWithin(curve, Math.sqrt(10))).toBeCloseTo(0.6);
  expect(loadWithin(curve, 1000)).toBe(0.9);
  expect(loadWithin(curve, 0.5)).toBeNull();
  expect(loadWithin([], 10)).toBeNull();
});

test('the best policy is judged where it does worst', () => {
  const p99_of = (subject: string, stores: string): number => {
    if (subject === IDEAL) return 4;
    if (subject === 'least-of-4') return stores === '8' ? 6 : 5;
    return subject === 'least-of-2' ? 7 : 20;
  };
  const points = ['8', '64'].flatMap((stores) =>
    [...POLICIES, IDEAL].flatMap((subject) =>
      [0.4, 0.8].map((load) => ({
        workload: 'w',
        stores,
        subject,
        load,
        p50: 1,
        p99: p99_of(subject, stores) * (load / 0.8),
        p999: 1,
      })),
    ),
  );
  const measured: Measured = { points, service_p99: new Map([['w', 5]]) };
  expect(judge(measured, 'w', ['8', '64'])).toEqual({
    best_policy: 'least-of-4',
    p99_vs_ideal_at_80: 1.5,
    load_vs_random_at_p99: 2,
  });
});
