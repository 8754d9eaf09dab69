/** Named counts of what the controller did or gave up, so that nothing is dropped without a trace. */
export class Tally<Name extends string> {
  readonly #counts: Map<Name, number>;

  constructor(names: readonly Name[]) {
    this.#counts = new Map(names.map((name) => [name, 0]));
  }

  add(name: Name, amount = 1): void {
    this.#counts.set(name, this.get(name) + amount);
  }

  get(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  values(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
