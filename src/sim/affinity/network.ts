/** The way between clients, virtualizers and stores: it takes a moment, and loses some of what goes there. */
import type { Draws } from '../random';
import type { Timeline } from '../timeline';

const WAY_US = 20;

export class LossyNetwork {
  constructor(
    private readonly timeline: Timeline,
    private readonly draws: Draws,
    /** Of each way. */
    private readonly loss: number,
  ) {}

  /** One way, if it is not lost. */
  travel(arrive: () => void): void {
    if (!this.draws.isBelow(this.loss)) this.timeline.later(WAY_US, arrive);
  }
}
