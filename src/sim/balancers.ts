/** Who decides which store a request goes to: the compiled program, or what it is compared with. */
import { fixedRows } from '../controller/fixed_rows';
import { PoolAssignments, storeTables } from '../controller/store_rows';
import { Frames } from './frames';
import { CLIENT_PORT, clientRows, siteOf, storeFacts, STORE_PORT, type Policy } from './site';
import type { Trace } from './trace';
import { byTable, VirtualSwitch } from './virtual_switch';

/** Moments are given in the order of time. */
export interface Balancer {
  /** The store that request number `request` of the trace goes to. */
  place(request: number, now_us: number): number;
  /** Its answer passes the switch. */
  answer(request: number, store: number, now_us: number): void;
}

/** Between two runs on one switch: longer than anything of the first is remembered. */
const PAUSE_US = 150_000_000;

/** One switch, used for one run after the other. Stores get weights in proportion to their speeds. */
export class SwitchUnderTest {
  readonly #frames = new Frames();
  readonly #switch: VirtualSwitch;
  #start_us = 0;
  #last_us = 0;

  constructor(
    private readonly weights: readonly number[],
    seed: number,
  ) {
    this.#switch = new VirtualSwitch(seed);
  }

  /** The balancer for a run from moment 0; runs before it must have ended. */
  balancer(policy: Policy, trace: Trace): Balancer {
    const network = siteOf(this.weights, policy);
    const facts = storeFacts(
      network,
      this.weights.map(() => 'up'),
    );
    this.#switch.write(
      this.#switch.difference(
        new Map([
          ...byTable([...fixedRows(network), ...clientRows()]),
          ...storeTables(facts, new PoolAssignments(network)),
        ]),
      ),
    );
    this.#start_us = this.#last_us + PAUSE_US;
    return {
      place: (request, now_us) => {
        const frame = this.#frames.call(
          trace.client[request] as number,
          trace.procedure[request] as number,
          trace.object[request] as number,
          request,
        );
        return this.#forward(CLIENT_PORT, frame, now_us, STORE_PORT, `request ${request}`);
      },
      answer: (request, store, now_us) => {
        const client = trace.client[request] as number;
        const frame = this.#frames.reply(store, client, request);
        const found = this.#forward(STORE_PORT, frame, now_us, CLIENT_PORT, `the answer to ${request}`);
        if (found !== client)
          throw new Error(`the answer to ${request} went to client ${found}, not ${client}`);
      },
    };
  }

  #forward(from: number, frame: Uint8Array, now_us: number, to: number, what: string): number {
    this.#last_us = this.#start_us + now_us;
    const station = this.#switch.forward(from, frame, this.#last_us, to);
    if (station === undefined) throw new Error(`the switch dropped ${what}`);
    return station;
  }
}

/** Each client with one store, as many clients with each as its weight says: session balancing at its best. */
export function perSession(weights: readonly number[], trace: Trace): Balancer {
  const clients = Math.max(...trace.client) + 1;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const store_of = Array.from({ length: clients }, (_, client) => {
    let rest = ((client + 0.5) * total) / clients;
    return weights.findIndex((weight) => (rest -= weight) < 0);
  });
  return { place: (request) => store_of[trace.client[request] as number] as number, answer: () => undefined };
}
