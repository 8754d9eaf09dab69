/** Stores as queues: open-loop requests of a trace, single-worker stores, first come first served. */
import type { Balancer } from './balancers';
import { EventQueue } from './event_queue';
import type { Trace } from './trace';

export interface Setting {
  trace: Trace;
  /** Of what all stores together can do, in (0, 1). */
  load: number;
  /** Relative: what each store does in a unit of time, if a store does 1 on average. */
  speeds: readonly number[];
  /** Of a store of speed 1. */
  service_us: number;
  /** One way between a store and the switch. */
  delay_us: number;
}

/** How long each request took from the switch to a store and back, queueing included, in the trace's order, in us. */
export function runStores(setting: Setting, balancer: Balancer): Float64Array {
  const { trace, speeds, service_us, delay_us } = setting;
  const gap_us = gapOf(setting);
  const took_us = new Float64Array(trace.length);
  const free_us = new Float64Array(speeds.length);
  const store_of = new Uint16Array(trace.length);
  const answers = new EventQueue();
  const answerUntil = (now_us: number) => {
    while (answers.size > 0 && answers.next_time <= now_us) {
      const time_us = answers.next_time;
      const request = answers.pop() as number;
      balancer.answer(request, store_of[request] as number, time_us);
    }
  };
  for (let request = 0; request < trace.length; request++) {
    const now_us = (trace.sent[request] as number) * gap_us;
    answerUntil(now_us);
    const store = balancer.place(request, now_us);
    const start_us = Math.max(now_us + delay_us, free_us[store] as number);
    const end_us = start_us + ((trace.service[request] as number) * service_us) / (speeds[store] as number);
    free_us[store] = end_us;
    store_of[request] = store;
    answers.push(end_us + delay_us, request);
    took_us[request] = end_us + delay_us - now_us;
  }
  answerUntil(Infinity);
  return took_us;
}

/** The same with one queue for all: whoever is free takes the oldest request; of several, the fastest does. */
export function runCentralQueue(setting: Setting): Float64Array {
  const { trace, speeds, service_us, delay_us } = setting;
  const gap_us = gapOf(setting);
  const took_us = new Float64Array(trace.length);
  const free_us = new Float64Array(speeds.length);
  for (let request = 0; request < trace.length; request++) {
    const now_us = (trace.sent[request] as number) * gap_us;
    const store = firstFree(free_us, speeds, now_us + delay_us);
    const start_us = Math.max(now_us + delay_us, free_us[store] as number);
    const end_us = start_us + ((trace.service[request] as number) * service_us) / (speeds[store] as number);
    free_us[store] = end_us;
    took_us[request] = end_us + delay_us - now_us;
  }
  return took_us;
}

function firstFree(free_us: Float64Array, speeds: readonly number[], now_us: number): number {
  let best = 0;
  for (let store = 1; store < free_us.length; store++) {
    const at_us = Math.max(now_us, free_us[store] as number);
    const best_us = Math.max(now_us, free_us[best] as number);
    if (at_us < best_us || (at_us === best_us && (speeds[store] as number) > (speeds[best] as number))) {
      best = store;
    }
  }
  return best;
}

/** Between two requests, on average. */
function gapOf({ load, speeds, service_us }: Setting): number {
  const speed = speeds.reduce((sum, one) => sum + one, 0);
  return service_us / (load * speed);
}
