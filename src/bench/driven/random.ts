/** Random numbers that are the same in every run: mulberry32, which is good enough to draw delays by. */
export class Random {
  constructor(private state: number) {}

  /** From 0 to less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to less than `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  isTrue(share: number): boolean {
    return this.next() < share;
  }
}
