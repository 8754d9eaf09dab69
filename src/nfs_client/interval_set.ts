/** Which bytes: ranges [start, end) that neither overlap nor touch, in order. */
export interface Interval {
  start: number;
  end: number;
}

export class IntervalSet {
  private intervals: Interval[] = [];

  get isEmpty(): boolean {
    return this.intervals.length === 0;
  }

  /** How many separate ranges. */
  get count(): number {
    return this.intervals.length;
  }

  /** Behind the last byte; 0 if there is none. */
  get end(): number {
    return this.intervals.at(-1)?.end ?? 0;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    const before = this.intervals.filter((other) => other.end < start);
    const after = this.intervals.filter((other) => other.start > end);
    const merged = this.intervals.slice(before.length, this.intervals.length - after.length);
    const first = Math.min(start, merged[0]?.start ?? start);
    const last = Math.max(end, merged.at(-1)?.end ?? end);
    this.intervals = [...before, { start: first, end: last }, ...after];
  }

  addAll(other: IntervalSet): void {
    for (const { start, end } of other) this.add(start, end);
  }

  covers(start: number, end: number): boolean {
    return this.intervals.some((interval) => interval.start <= start && interval.end >= end);
  }

  /** Leaves out what lies at `end` and behind. */
  cut(end: number): void {
    this.intervals = this.intervals
      .filter((interval) => interval.start < end)
      .map((interval) => ({ start: interval.start, end: Math.min(interval.end, end) }));
  }

  /** What is in it; then it is empty. */
  take(): IntervalSet {
    const taken = new IntervalSet();
    taken.intervals = this.intervals;
    this.intervals = [];
    return taken;
  }

  clear(): void {
    this.intervals = [];
  }

  [Symbol.iterator](): Iterator<Interval> {
    return this.intervals[Symbol.iterator]();
  }
}
