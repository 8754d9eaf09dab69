/**
 * Clients with few IP identifications each, and the network between them and the switch, which delays, repeats and
 * loses their fragments. All of it drawn from one seed.
 */
import { ipv4ToNumber } from '../../wire/address';
import type { Draws, Timeline } from '../../sim';
import type { Judge } from './judge';
import { FRAGMENTS_MAX, FRAGMENTS_MIN, type RequestMaker } from './requests';

export const CLIENTS = 200;
/** Of each client. */
export const IDENTIFICATIONS = 16;
const FIRST_CLIENT = ipv4ToNumber('10.1.1.0');
const FILES = 4096;
/** From one fragment to the next, as they leave a client. */
const SPACING_US = 10;
/** What every fragment may be late by; neighbours change places. */
const JITTER_US = 15;

export interface NetworkFaults {
  /** Of all fragments, those that take a detour of up to so long. */
  delayed: number;
  delay_max_us: number;
  repeated: number;
  lost: number;
}

export interface TrafficOptions {
  requests: number;
  faults: NetworkFaults;
  /** From the last fragment of a datagram, as it leaves the client, to the next datagram with its identification. */
  reuse_after_us: number;
}

/** When nothing more can come of a request: beyond any delay, lifetime and queue. */
const OVER_US = 1_000_000;

export class Traffic {
  /** Fragments that have reached the switch. */
  arrived = 0;
  #number = 0;

  constructor(
    private readonly timeline: Timeline,
    private readonly draws: Draws,
    private readonly maker: RequestMaker,
    private readonly judge: Judge,
    private readonly options: TrafficOptions,
    private readonly receive: (frame: Uint8Array) => void,
  ) {}

  /** Each identification of each client begins at a moment of its own. */
  start(): void {
    for (let client = 0; client < CLIENTS; client++) {
      for (let identification = 0; identification < IDENTIFICATIONS; identification++) {
        const at_us = this.timeline.now_us + this.draws.below(this.options.reuse_after_us + 1000);
        this.timeline.at(at_us, () => this.#request(client, identification));
      }
    }
  }

  #request(client: number, identification: number): void {
    if (this.#number >= this.options.requests) return;
    this.#number += 1;
    const number = this.#number;
    const { timeline, draws, judge } = this;
    const count = FRAGMENTS_MIN + draws.below(FRAGMENTS_MAX - FRAGMENTS_MIN + 1);
    const fields = { number, client: FIRST_CLIENT + client, identification, file: draws.below(FILES) };
    const frames = this.maker.make(count, fields);
    const kept = frames.filter((frame, index) => this.#send(frame, index * SPACING_US)).length;
    judge.watch(number, `${client} ${identification}`, frames, kept);
    timeline.at(timeline.now_us + OVER_US, () => judge.forget(number));
    const left_us = timeline.now_us + (count - 1) * SPACING_US;
    timeline.at(left_us + this.options.reuse_after_us + SPACING_US, () =>
      this.#request(client, identification),
    );
  }

  /** False if it is lost. */
  #send(frame: Uint8Array, after_us: number): boolean {
    const { timeline, draws } = this;
    const { lost, repeated } = this.options.faults;
    if (draws.isBelow(lost)) return false;
    const copies = draws.isBelow(repeated) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      timeline.at(timeline.now_us + after_us + this.#delay_us(), () => {
        this.arrived += 1;
        this.receive(frame);
      });
    }
    return true;
  }

  #delay_us(): number {
    const { draws } = this;
    const { delayed, delay_max_us } = this.options.faults;
    return draws.uniform() * (draws.isBelow(delayed) ? delay_max_us : JITTER_US);
  }
}
