import { quantile } from '../../src/bench/statistics';
import {
  makeTrace,
  perSession,
  runCentralQueue,
  runStores,
  SwitchUnderTest,
  WORKLOADS,
  type Balancer,
  type Policy,
  type Setting,
  type Workload,
} from '../../src/sim';

// Nothing is waited for here, but work is done: on a busy machine it takes as long as it takes.
jest.setTimeout(300_000);

const [exponential] = WORKLOADS as [Workload];

/** Requests at 10, 20, ... us if the load is 1 on one store of 10 us. */
function setting(service: number[], speeds: number[], load = 1): Setting {
  const trace = makeTrace(exponential, service.length, 1);
  trace.sent.forEach((_, index) => (trace.sent[index] = index + 1));
  trace.service.set(service);
  return { trace, load, speeds, service_us: 10, delay_us: 1 };
}

test('a store serves one request after the other, as fast as it is', () => {
  const answered: [number, number][] = [];
  const balancer: Balancer = {
    place: (request) => request % 2,
    answer: (request, _, now_us) => answered.push([request, now_us]),
  };
  // One every 20/3 us: 3 units of work, 1 and 2 to the stores of speed 1 and 2.
  const took_us = runStores(setting([1, 4, 1, 1], [1, 2], 0.5), balancer);
  expect(Array.from(took_us, (us) => Math.round(us * 3) / 3)).toEqual([12, 22, 12, 41 / 3]);
  expect(answered.map(([request]) => request)).toEqual([0, 2, 1, 3]);
});

test('of one store, the central queue is the queue', () => {
  const one = setting([3, 1, 0.5, 2, 0.1, 0.1], [1]);
  const balancer: Balancer = { place: () => 0, answer: () => undefined };
  expect(runCentralQueue(one)).toEqual(runStores(one, balancer));
});

test('the central queue gives the oldest request to whoever is free, the fastest first', () => {
  // At 20/3, 40/3 and 20 us: to the fast one for 20 us, to the slow one for 10, which is free before.
  const took_us = runCentralQueue(setting([4, 1, 1], [1, 2], 0.5));
  expect(Array.from(took_us, (us) => Math.round(us * 3) / 3)).toEqual([22, 12, 46 / 3]);
});

test('a queue of one store is as long as theory says', () => {
  const trace = makeTrace(exponential, 400_000, 5);
  const load = 0.5;
  const took_us = runCentralQueue({ trace, load, speeds: [1], service_us: 1, delay_us: 0 });
  // Of M/M/1 the response time is exponential with mean 1 / (1 - load).
  expect(quantile(took_us, 0.99)).toBeCloseTo(Math.log(100) / (1 - load), 0);
});

test('sessions are shared out by weight', () => {
  const trace = makeTrace(exponential, 5_000, 1);
  const balancer = perSession([1, 3], trace);
  const clients = new Map(
    Array.from(trace.client.entries(), ([request, client]) => [client, balancer.place(request, 0)]),
  );
  expect([...clients.values()].filter((store) => store === 0)).toHaveLength(clients.size / 4);
});

describe('through the compiled program', () => {
  test('the least loaded of four answers sooner than one at random, and nothing beats the central queue', async () => {
    const weights = [1, 1, 2, 2];
    const speeds = weights.map((weight) => weight / 1.5);
    const trace = makeTrace(exponential, 6_000, 2);
    const one: Setting = { trace, load: 0.8, speeds, service_us: 200, delay_us: 5 };
    const p99 = (took_us: Float64Array) => quantile(took_us, 0.99) ?? NaN;
    const p99Of = async (policy: Policy) =>
      p99(runStores(one, (await SwitchUnderTest.start(weights, policy, 1)).balancer(trace)));
    const least = await p99Of('least-of-4');
    expect(least).toBeLessThan(0.7 * (await p99Of('random')));
    expect(p99(runCentralQueue(one))).toBeLessThan(least);
  });
});
