import * as fc from 'fast-check';
import { percentile } from '../../src/demo/statistics';

test('nearest rank', () => {
  expect(percentile([], 0.5)).toBeUndefined();
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([30, 10, 20, 40], 0.5)).toBe(20);
  expect(percentile([30, 10, 20, 40], 0.99)).toBe(40);
  expect(percentile([30, 10, 20, 40], 0)).toBe(10);
});

test('at least the fraction of the samples is no greater, and fewer are below', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (samples, fraction) => {
        const value = percentile(samples, fraction);
        if (value === undefined) throw new Error('no value');
        expect(samples.filter((sample) => sample <= value).length).toBeGreaterThanOrEqual(
          Math.floor(fraction * samples.length),
        );
        expect(samples.filter((sample) => sample < value).length).toBeLessThan(
          Math.ceil(fraction * samples.length),
        );
      },
    ),
  );
});
