import { closest } from '../../src/config/closest';

test.each([
  ['weigth', 'weight'],
  ['adress', 'address'],
  ['Name', 'name'],
  ['nmae', undefined],
  ['interval', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%.20s is closest to %s', (word, expected) => {
  expect(closest(word, ['name', 'weight', 'address', 'interval_ms'])).toBe(expected);
});
