import type { Program } from '../../../src/switch/program/model';
import type { Draws } from './draws';

/** Values that entries and packets share, so that packets hit entries: a few small ones and what the program names. */
export class Values {
  private readonly named = new Map<number, bigint[]>();

  constructor(
    program: Program,
    /** For values of nine bits, which are ports. */
    private readonly ports: readonly number[],
  ) {
    for (const state of program.parser.states.values())
      for (const { match } of state.transitions)
        if (Array.isArray(match)) match.forEach(({ value }, i) => this.add(state.keys[i]?.width ?? 0, value));
    for (const { tables } of [program.ingress, program.egress])
      for (const { keys, const_entries } of tables.values())
        for (const { match } of const_entries ?? [])
          match.forEach(({ value }, i) => this.add(keys[i]?.width ?? 0, value));
  }

  draw(draws: Draws, width: number): bigint {
    if (width === 0) return 0n;
    if (width === 9) return BigInt(draws.pick(this.ports));
    const all = (1n << BigInt(width)) - 1n;
    const named = this.named.get(width) ?? [];
    switch (draws.below(8)) {
      case 0:
      case 1:
      case 2:
        return BigInt(draws.below(4)) & all;
      case 3:
      case 4:
        return named.length > 0 ? draws.pick(named) : BigInt(draws.below(16)) & all;
      case 5:
        return all - (BigInt(draws.below(2)) & all);
      case 6:
        return 1n << BigInt(draws.below(width));
      default:
        return draws.bits(width);
    }
  }

  private add(width: number, value: bigint): void {
    if (width > 0) this.named.set(width, [...(this.named.get(width) ?? []), BigInt.asUintN(width, value)]);
  }
}
