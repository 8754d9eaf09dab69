/** Who decides which store a request goes to: the compiled program, or what it is compared with. */
import { NFS_PORT } from '../wire/nfs3';
import { DrivenVirtualizer } from './driven_virtualizer';
import { Frames } from './frames';
import { CLIENT_PORT, introduceClients, siteConfig, STORE_PORT, storeNames, type Policy } from './site';
import { Timeline } from './timeline';
import type { Trace } from './trace';

/** Moments are given in the order of time. */
export interface Balancer {
  /** The store that request number `request` of the trace goes to. */
  place(request: number, now_us: number): number;
  /** Its answer passes the switch. */
  answer(request: number, store: number, now_us: number): void;
}

/** Between two runs on one switch: longer than anything of the first is remembered. */
const PAUSE_US = 150_000_000;
/** In which a controller writes all its tables. */
const SET_UP_US = 1_000_000;

/** One switch, used for one run after the other. Stores get weights in proportion to their speeds. */
export class SwitchUnderTest {
  readonly #frames = new Frames();
  readonly #timeline = new Timeline();
  readonly #virtualizer: DrivenVirtualizer;
  #start_us = 0;

  private constructor(weights: readonly number[], policy: Policy, random_seed: number) {
    const config = siteConfig(
      weights,
      `
    pools: [{ name: all, policy: ${policy}, stores: [${storeNames(weights.length)}] }]
    services:
      - { name: nfs, protocol: udp, port: ${NFS_PORT}, program: nfs, mode: request, pool: all, health: { check: none } }`,
    );
    this.#virtualizer = new DrivenVirtualizer({
      config,
      timeline: this.#timeline,
      random_seed,
      onFrame: () => undefined,
    });
  }

  /** All stores serve, and all clients are known. */
  static async start(
    weights: readonly number[],
    policy: Policy,
    random_seed: number,
  ): Promise<SwitchUnderTest> {
    const sut = new SwitchUnderTest(weights, policy, random_seed);
    await sut.#setUp();
    return sut;
  }

  /** The balancer for a run from moment 0; runs before it must have ended. */
  balancer(trace: Trace): Balancer {
    this.#start_us = this.#timeline.now_us + PAUSE_US;
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

  async #setUp(): Promise<void> {
    await this.#timeline.runFor(SET_UP_US);
    introduceClients(this.#virtualizer.virtualizer);
    await this.#timeline.runFor(SET_UP_US);
    if (this.#virtualizer.pending > 0) throw new Error('the switch does not hold all of its entries');
    // Nothing changes any more, and no frame comes to it: so time may be moved by whoever sends requests.
    this.#virtualizer.virtualizer.hold();
  }

  #forward(from: number, frame: Uint8Array, now_us: number, to: number, what: string): number {
    this.#timeline.now_us = this.#start_us + now_us;
    const departure = this.#virtualizer.program.forward(from, frame);
    if (departure?.port !== to) throw new Error(`the switch dropped ${what}`);
    return departure.station;
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
