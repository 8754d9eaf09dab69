/** Seeded draws: the same seed gives the same run, on every machine. */
import { Random } from '../switch/externs/random';

export class Draws {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** In (0, 1): neither end, so that its logarithm is finite. */
  uniform(): number {
    return (this.#random.next() + 0.5) / 2 ** 32;
  }

  /** Whole, in [0, count). */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Mean 1. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  /** Mean 0, standard deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.uniform());
  }

  isBelow(probability: number): boolean {
    return this.uniform() < probability;
  }
}

/** Draws indices in proportion to weights. */
export class Weighted {
  readonly #cumulative: Float64Array;

  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#cumulative = Float64Array.from(weights, (weight) => (sum += weight));
  }

  draw(draws: Draws): number {
    const sum = this.#cumulative[this.#cumulative.length - 1] ?? 0;
    const at = draws.uniform() * sum;
    let low = 0;
    let high = this.#cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cumulative[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
