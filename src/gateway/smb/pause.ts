/** Waits that can be ended all at once, for loops that must stop. */
export class Pause {
  private end_all: () => void = () => undefined;
  /** Resolves at `end`. */
  readonly ended: Promise<undefined> = new Promise((resolve) => (this.end_all = () => resolve(undefined)));

  end(): void {
    this.end_all();
  }

  async wait(duration_ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, duration_ms)));
    await Promise.race([over, this.ended]);
    clearTimeout(timer);
  }
}
