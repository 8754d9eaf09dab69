import { countedBetween, quantileOf, upperBound_us } from '../../../src/bench/lab/latency';

test('bounds double every 16 buckets', () => {
  expect(upperBound_us(15)).toBe(2);
  expect(upperBound_us(15 + 16 * 9)).toBe(1024);
});

test('a quantile is the bound of the bucket that it falls in', () => {
  const before = [0, 5, 0, 7];
  const after = [0, 104, 0, 8];
  const counted = countedBetween(before, after);
  expect(counted).toEqual([0, 99, 0, 1]);
  expect(quantileOf(counted, 0.99)).toBe(upperBound_us(1));
  expect(quantileOf(counted, 0.995)).toBe(upperBound_us(3));
  expect(quantileOf([0, 0], 0.99)).toBeNull();
});
