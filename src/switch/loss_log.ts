/** Of lines about the same loss. */
const INTERVAL_MS = 1000;

/** Tells of losses: one line for all those of a second, however many they are. */
export class LossLog {
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly tell: (count: number) => void) {}

  add(count: number): void {
    this.count += count;
    if (this.count === 0 || this.timer !== undefined) return;
    this.timer = setTimeout(() => this.flush(), INTERVAL_MS).unref();
  }

  /** Tells now, if there is something to tell. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.count > 0) this.tell(this.count);
    this.count = 0;
  }
}
