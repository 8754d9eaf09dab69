import { LoadReader } from '../../../src/controller/load/reader';
import { Network } from '../../../src/controller/network';
import { planSeries } from '../../../src/controller/series';
import type { CounterCell } from '../../../src/p4runtime';
import { exampleConfig } from '../example';
import { FakeClock } from '../fake_clock';

function setUp() {
  const network = new Network(exampleConfig());
  const plan = planSeries(network);
  const cells = new Map<string, number>();
  const asked: string[] = [];
  /** What a counter has of store2 at one reading after the other. */
  const onRead = new Map<string, number[]>();
  const source = {
    async *readCounterCells(counter: string, indices: readonly number[]): AsyncGenerator<CounterCell> {
      asked.push(...indices.map((index) => `${counter} ${index}`));
      for (const index of indices) {
        if (index === network.storeId('store2')) {
          const now = onRead.get(counter)?.shift();
          if (now !== undefined) cells.set(`${counter} ${index}`, now);
        }
        const packets = BigInt(cells.get(`${counter} ${index}`) ?? 0);
        yield { counter, index, packets, bytes: 0n };
      }
    },
  };
  const reader = new LoadReader(source, network, plan, new FakeClock());
  const bucket = (procedure: string, store: string, number: number) => {
    const one = plan.series.find((series) => series.procedure === procedure && series.store === store);
    return `response_time ${(one?.number ?? NaN) * 64 + number}`;
  };
  const responses = (store: string) => `store_responses ${network.storeId(store)}`;
  const asked_of = (counter: string) => asked.filter((one) => one.startsWith(`${counter} `)).length;
  return { network, plan, cells, onRead, asked, reader, bucket, responses, asked_of };
}

test('only cells in use are read, and only of stores that have answered since', async () => {
  const { plan, cells, asked, reader, bucket, responses, asked_of } = setUp();
  expect((await reader.read()).series).toEqual([]);
  expect(asked_of('response_time')).toBe(plan.series.length * 64);
  cells
    .set(bucket('READ', 'store2', 7), 5)
    .set(bucket('READ', 'store2', 63), 1)
    .set(responses('store2'), 6);
  asked.length = 0;
  const series = [
    {
      service: 'share/nfs-udp',
      procedure: 'READ',
      store: 'store2',
      counts: [
        [7, 5],
        [63, 1],
      ],
    },
  ];
  expect((await reader.read()).series).toEqual(series);
  expect(asked_of('response_time')).toBe((plan.series.length / 3) * 64);
  asked.length = 0;
  expect((await reader.read()).series).toEqual(series);
  expect(asked_of('response_time')).toBe(0);
  reader.forget();
  expect((await reader.read()).series).toEqual(series);
  expect(asked_of('response_time')).toBe(plan.series.length * 64);
});

test('services and stores by name, sessions left out', async () => {
  const { network, cells, onRead, reader } = setUp();
  const service_id = network.serviceId('share', 'nfs-udp');
  cells.set(`service_requests ${service_id}`, 9).set(`service_retransmissions ${service_id}`, 2);
  cells.set(`store_requests ${network.storeId('store1')}`, 4).set('unexpected_responses 0', 3);
  cells.set(`store_answered ${network.storeId('store2')}`, 9);
  onRead.set('store_new_requests', [10, 12]);
  expect(await reader.read()).toMatchObject({
    services: [{ service: 'share/nfs-udp', requests: 9, retransmissions: 2 }],
    stores: [
      { store: 'store1', sent: 4 },
      { store: 'store2', sent: 0, new_requests: 11, new_requests_error: 1, answered: 9 },
      { store: 'store3', sent: 0, new_requests: 0, new_requests_error: 0, answered: 0 },
    ],
    unexpected_responses: 3,
  });
});

test('two that ask at once share a reading', async () => {
  const { reader, asked_of } = setUp();
  const [one, other] = await Promise.all([reader.read(), reader.read()]);
  expect(other).toBe(one);
  expect(asked_of('unexpected_responses')).toBe(1);
  expect(await reader.read()).not.toBe(one);
});
