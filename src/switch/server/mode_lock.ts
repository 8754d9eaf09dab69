/**
 * Work of one mode runs together, work of different modes apart, in the order it came. Work of mode `alone` shares
 * with nothing.
 */
export class ModeLock<Mode extends string> {
  private mode: Mode | undefined;
  private running = 0;
  private readonly waiting: { mode: Mode; start: () => void }[] = [];

  constructor(private readonly alone: Mode) {}

  /** Work that need not wait starts before this returns. */
  run<T>(mode: Mode, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const start = (): void => {
        work()
          .then(resolve, reject)
          .finally(() => this.leave());
      };
      this.waiting.push({ mode, start });
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.running > 0 && (next.mode !== this.mode || next.mode === this.alone)) return;
      this.waiting.shift();
      this.mode = next.mode;
      this.running++;
      next.start();
    }
  }

  private leave(): void {
    this.running--;
    this.admit();
  }
}
