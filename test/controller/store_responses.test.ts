import { StoreResponses } from '../../src/controller/store_responses';
import type { CounterCell } from '../../src/p4runtime';
import { FakeClock } from './fake_clock';

function setUp() {
  const clock = new FakeClock();
  const reads: (readonly number[])[] = [];
  const target = { is_there: true, is_silent: false };
  const responses = new StoreResponses(
    {
      async *readCounterCells(counter: string, indices: readonly number[]): AsyncGenerator<CounterCell> {
        reads.push(indices);
        if (target.is_silent) await new Promise(() => undefined);
        if (!target.is_there) throw new Error('away');
        for (const index of indices) {
          yield await Promise.resolve({ counter, index, packets: BigInt(index * 10), bytes: 0n });
        }
      },
    },
    clock,
  );
  const told: (number | undefined)[] = [];
  const ask = (store_id: number) => responses.ask(store_id, (count) => told.push(count));
  const settle = async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return { clock, reads, target, told, ask, settle };
}

test('those that ask while others are read are read together', async () => {
  const { reads, told, ask, settle, clock } = setUp();
  for (const id of [1, 2, 3, 2]) ask(id);
  await settle();
  expect(told).toEqual([10, 20, 30, 20]);
  expect(reads).toEqual([[1], [2, 3]]);
  expect(clock.waiting).toBe(0);
});

test('a switch that is away, or takes too long, tells nothing, and is asked again', async () => {
  const { target, told, ask, settle, clock } = setUp();
  target.is_there = false;
  ask(1);
  await settle();
  expect(told).toEqual([undefined]);
  Object.assign(target, { is_there: true, is_silent: true });
  ask(1);
  await settle();
  clock.advance(1000);
  await settle();
  target.is_silent = false;
  ask(1);
  await settle();
  expect(told).toEqual([undefined, undefined, 10]);
});
