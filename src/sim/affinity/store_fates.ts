/** What befalls the stores of a simulation, and what operators tell each controller of them. */
import type { Draws } from '../random';
import type { Timeline } from '../timeline';

export interface StoreFatesOptions {
  virtualizers: number;
  /** Stores of each pool. All of them are in the first. */
  pools: readonly (readonly number[])[];
}

/** Told of each virtualizer by itself, as operators come to one later than to another. */
export interface Operators {
  setDrained(virtualizer: number, store: number, is_drained: boolean): void;
  setWeights(virtualizer: number, weights: readonly number[]): void;
}

interface Fate {
  is_alive: boolean;
  is_drained: boolean;
  /** How often it has started. */
  incarnation: number;
  weight: number;
}

const BETWEEN_US = 1_500_000;
/** By which one controller may be told later than another. */
const SKEW_MS = 50;
const WEIGHT_MAX = 3;
/** Of each pool that has more. */
const SERVING_MIN = 2;

export class StoreFates {
  events = 0;
  readonly #fates: Fate[];

  constructor(
    private readonly timeline: Timeline,
    private readonly draws: Draws,
    private readonly options: StoreFatesOptions,
    private readonly operators: Operators,
  ) {
    this.#fates = (options.pools[0] ?? []).map(() => ({
      is_alive: true,
      is_drained: false,
      incarnation: 1,
      weight: 1,
    }));
  }

  start(until_us: number): void {
    this.timeline.later(BETWEEN_US * (0.5 + this.draws.uniform()), () => {
      if (this.timeline.now_us > until_us) return;
      this.#happen();
      this.start(until_us);
    });
  }

  /** Undefined while the store is dead. */
  incarnation(store: number): number | undefined {
    const fate = this.#fates[store];
    return fate?.is_alive === true ? fate.incarnation : undefined;
  }

  #happen(): void {
    const store = this.draws.below(this.#fates.length);
    const fate = this.#fates[store] as Fate;
    const may_leave = fate.is_drained || this.#isSpare(store);
    if (this.draws.isBelow(0.2)) {
      fate.weight = 1 + this.draws.below(WEIGHT_MAX);
      const weights = this.#fates.map(({ weight }) => weight);
      this.#tell((virtualizer) => this.operators.setWeights(virtualizer, weights));
    } else if (!fate.is_alive) {
      fate.is_alive = true;
      fate.incarnation += 1;
    } else if (may_leave && this.draws.isBelow(0.5)) {
      fate.is_alive = false;
    } else if (fate.is_drained || may_leave) {
      const is_drained = !fate.is_drained;
      fate.is_drained = is_drained;
      this.#tell((virtualizer) => this.operators.setDrained(virtualizer, store, is_drained));
    } else return;
    this.events += 1;
  }

  /** Whether each of its pools has enough others. */
  #isSpare(store: number): boolean {
    const serves = (one: number) => {
      const fate = this.#fates[one];
      return fate?.is_alive === true && !fate.is_drained;
    };
    return this.options.pools
      .filter((pool) => pool.includes(store))
      .every((pool) => pool.filter(serves).length > Math.min(SERVING_MIN, pool.length - 1));
  }

  #tell(tell: (virtualizer: number) => void): void {
    for (let virtualizer = 0; virtualizer < this.options.virtualizers; virtualizer++) {
      this.timeline.after(SKEW_MS * this.draws.uniform(), () => tell(virtualizer));
    }
  }
}
