import { stepOf } from '../../src/controller/update_order';

const coming = (table: string) => stepOf({ type: 'insert', row: { table } });
const going = (table: string) => stepOf({ type: 'delete', row: { table } });

const CLIENT_STEPS = [
  going('client_known'),
  going('client_route'),
  coming('client_route'),
  coming('client_known'),
  going('session_pin'),
  coming('session_pin'),
];

test('a death is told first, and taken back after everything that was written because of it', () => {
  expect(Math.min(...['store', 'slot', 'virtual_service', 'admit'].map(coming))).toBeGreaterThan(
    coming('store_down'),
  );
  expect(going('store_down')).toBeGreaterThan(coming('slot'));
  expect(going('store_down')).toBeGreaterThan(going('slot'));
  expect(going('store_down')).toBeGreaterThan(going('store'));
});

test('what is referred to comes before and goes after', () => {
  expect(coming('slot')).toBeGreaterThan(coming('store'));
  expect(going('store')).toBeGreaterThan(going('slot'));
});

test('entries of clients wait for all others, and make room before they fill it', () => {
  expect(Math.min(...CLIENT_STEPS)).toBeGreaterThan(going('store_down'));
  expect(CLIENT_STEPS).toEqual([...CLIENT_STEPS].sort((a, b) => a - b));
});

test('a modification counts as coming', () => {
  expect(stepOf({ type: 'modify', row: { table: 'slot' } })).toBe(coming('slot'));
  expect(stepOf({ type: 'modify', row: { table: 'session_pin' } })).toBe(going('session_pin'));
});

test('a door closes before everything, and opens when all is right but what is of clients', () => {
  const door = { row: { table: 'virtual_service' }, is_door: true };
  expect(stepOf({ type: 'delete', ...door })).toBeLessThan(coming('store_down'));
  expect(stepOf({ type: 'insert', ...door })).toBeGreaterThan(going('store_down'));
  expect(stepOf({ type: 'insert', ...door })).toBeLessThan(Math.min(...CLIENT_STEPS));
});
