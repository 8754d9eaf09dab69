/** Response times against load, of every policy and of what they are compared with. */
import { setImmediate } from 'node:timers/promises';
import {
  makeTrace,
  perSession,
  runCentralQueue,
  runStores,
  SwitchUnderTest,
  WORKLOADS,
  type Policy,
  type Setting,
} from '../../sim';
import { quantile } from '../statistics';

export const POLICIES: readonly Policy[] = [
  'hash',
  'round-robin',
  'random',
  'by-object',
  'by-client',
  'least-of-2',
  'least-of-4',
];
/** One queue that all stores share: nothing that places requests when they come can do better. */
export const IDEAL = 'ideal';
export const PER_SESSION = 'per-session';
export const SUBJECTS: readonly string[] = [...POLICIES, PER_SESSION, IDEAL];

/** As a file server in memory; one way from the switch to a store's worker. */
export const SERVICE_US = 200;
export const DELAY_US = 5;
/** The comparison with the ideal. */
export const LOAD_COMPARED = 0.8;
/** Of a run: the queues fill first. */
const WARM_UP_SHARE = 0.1;

export interface Stores {
  name: string;
  /** Speeds relative to each other, which the pool's weights say too. */
  weights: readonly number[];
  loads: readonly number[];
}

const MANY_LOADS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, LOAD_COMPARED, 0.85, 0.9, 0.95];
const FEW_LOADS = [0.5, LOAD_COMPARED, 0.9];

export function storesOf(is_full: boolean): Stores[] {
  const equal = (count: number) => new Array<number>(count).fill(1);
  const unequal = (count: number) => Array.from({ length: count }, (_, store) => 1 + (store % 2));
  const loads = is_full ? MANY_LOADS : FEW_LOADS;
  return [
    { name: '8 equal', weights: equal(8), loads: MANY_LOADS },
    { name: '64 equal', weights: equal(64), loads: MANY_LOADS },
    { name: '8 unequal', weights: unequal(8), loads },
    { name: '64 unequal', weights: unequal(64), loads },
  ];
}

/** In units of the mean service time of a store of mean speed. */
export interface Point {
  workload: string;
  stores: string;
  subject: string;
  load: number;
  p50: number;
  p99: number;
  p999: number;
}

export interface Measured {
  points: Point[];
  /** Of the work alone at a store of mean speed, by workload. */
  service_p99: ReadonlyMap<string, number>;
}

/** Of a point of the comparison with the ideal, and of any other. */
const REQUESTS = { compared: 100_000, other: 25_000 };
const FULL_FACTOR = 10;

export async function measure(
  is_full: boolean,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const factor = is_full ? FULL_FACTOR : 1;
  const points: Point[] = [];
  const service_p99 = new Map<string, number>();
  for (const { name: stores, weights, loads } of storesOf(is_full)) {
    const switches = new Map<string, SwitchUnderTest>();
    for (const policy of POLICIES) switches.set(policy, await SwitchUnderTest.start(weights, policy, 1));
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    const speeds = weights.map((weight) => weight / mean);
    for (const [index, workload] of WORKLOADS.entries()) {
      const traceOf = (requests: number) => makeTrace(workload, requests * factor, index + 1);
      const traces = { compared: traceOf(REQUESTS.compared), other: traceOf(REQUESTS.other) };
      service_p99.set(workload.name, percentile(traces.compared.service.slice(), 0.99));
      for (const load of loads) {
        const trace = load === LOAD_COMPARED ? traces.compared : traces.other;
        const setting: Setting = { trace, load, speeds, service_us: SERVICE_US, delay_us: DELAY_US };
        for (const subject of SUBJECTS) {
          await setImmediate();
          signal.throwIfAborted();
          const took_us = runSubject(subject, switches.get(subject), weights, setting);
          points.push({ workload: workload.name, stores, subject, load, ...summary(took_us) });
        }
      }
      progress(`${stores}: ${workload.name} done`);
    }
  }
  return { points, service_p99 };
}

/** `sut`: of a subject that is a policy. */
function runSubject(
  subject: string,
  sut: SwitchUnderTest | undefined,
  weights: readonly number[],
  setting: Setting,
): Float64Array {
  if (subject === IDEAL) return runCentralQueue(setting);
  if (subject === PER_SESSION) return runStores(setting, perSession(weights, setting.trace));
  if (sut === undefined) throw new Error(`there is no switch for ${subject}`);
  return runStores(setting, sut.balancer(setting.trace));
}

function summary(took_us: Float64Array): Pick<Point, 'p50' | 'p99' | 'p999'> {
  const measured = took_us.slice(took_us.length * WARM_UP_SHARE);
  const at = (fraction: number) => percentile(measured, fraction) / SERVICE_US;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

function percentile(values: Float64Array, fraction: number): number {
  return quantile(values, fraction) ?? NaN;
}
