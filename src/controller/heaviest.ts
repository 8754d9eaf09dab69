/** Who has most, of many whose shares change by a little at a time: each change costs a constant on average. */
export class Heaviest<Item> {
  readonly #weight_of = new Map<Item, number>();
  /** By weight; among equals, whoever has had that weight for longest first. */
  readonly #items = new Map<number, Set<Item>>();
  #weight_max = 0;

  /** What the heaviest weighs; 0 if there is none. */
  get weight(): number {
    return this.#weight_max;
  }

  /** Undefined where nobody weighs anything. */
  get item(): Item | undefined {
    return this.#items.get(this.#weight_max)?.values().next().value;
  }

  weightOf(item: Item): number {
    return this.#weight_of.get(item) ?? 0;
  }

  /** What weighs nothing is forgotten. */
  add(item: Item, change: number): void {
    const before = this.weightOf(item);
    const weight = before + change;
    if (change === 0) return;
    const peers = this.#items.get(before);
    peers?.delete(item);
    if (peers?.size === 0) this.#items.delete(before);
    if (weight === 0) {
      this.#weight_of.delete(item);
    } else {
      this.#weight_of.set(item, weight);
      const others = this.#items.get(weight);
      if (others === undefined) this.#items.set(weight, new Set([item]));
      else others.add(item);
    }
    this.#weight_max = Math.max(this.#weight_max, weight);
    while (this.#weight_max > 0 && !this.#items.has(this.#weight_max)) this.#weight_max -= 1;
  }
}
