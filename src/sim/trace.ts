/** The requests of a run, drawn once: every policy is offered the same ones at the same moments. */
import { Draws, Weighted } from './random';
import type { Workload } from './workload';

export const CLIENTS = 256;
const OBJECTS = 4096;
/** Zipf's exponent: how unequally often files are asked for. */
const OBJECT_SKEW = 0.7;

export interface Trace {
  readonly length: number;
  /** When each is sent if one is in each unit of time; ascending (Poisson). */
  readonly sent: Float64Array;
  /** In units of the mean service time. */
  readonly service: Float64Array;
  readonly client: Uint16Array;
  readonly object: Uint16Array;
  readonly procedure: Uint8Array;
}

export function makeTrace(workload: Workload, length: number, seed: number): Trace {
  const draws = new Draws(seed);
  const objects = new Weighted(Array.from({ length: OBJECTS }, (_, rank) => (rank + 1) ** -OBJECT_SKEW));
  const trace = {
    length,
    sent: new Float64Array(length),
    service: new Float64Array(length),
    client: new Uint16Array(length),
    object: new Uint16Array(length),
    procedure: new Uint8Array(length),
  };
  let now = 0;
  for (let i = 0; i < length; i++) {
    now += draws.exponential();
    const { procedure, service } = workload.draw(draws);
    trace.sent[i] = now;
    trace.service[i] = service;
    trace.procedure[i] = procedure;
    trace.client[i] = draws.below(CLIENTS);
    trace.object[i] = objects.draw(draws);
  }
  return trace;
}
