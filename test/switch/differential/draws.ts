import fc from 'fast-check';

/** What one thing of a case is made of: numbers that its builder consumes. Short lists and zeros are the simple ones. */
export type Draw = number[];

const NUMBER_MAX = 0xffffffff;

export const draw: fc.Arbitrary<Draw> = fc.array(fc.oneof(fc.nat(255), fc.nat(NUMBER_MAX)), {
  maxLength: 60,
});

/** Consumes a draw; when it is used up, everything is 0. So whatever fast-check shrinks a draw to can be built. */
export class Draws {
  private next = 0;

  constructor(private readonly numbers: Draw) {}

  number(): number {
    return this.numbers[this.next++] ?? 0;
  }

  /** 0..count-1 */
  below(count: number): number {
    return this.number() % count;
  }

  /** True once in `count`. */
  once(count: number): boolean {
    return this.below(count) === count - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bits(width: number): bigint {
    let value = 0n;
    for (let at = 0; at < width; at += 32) value = (value << 32n) | BigInt(this.number());
    return BigInt.asUintN(width, value);
  }
}
