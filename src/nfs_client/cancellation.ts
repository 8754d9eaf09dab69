/** Says to whoever works for a caller that the caller has gone. */
export class Cancellation {
  private readonly listeners = new Set<() => void>();
  private is_cancelled = false;

  get cancelled(): boolean {
    return this.is_cancelled;
  }

  /** Calls every listener once. */
  cancel(): void {
    if (this.is_cancelled) return;
    this.is_cancelled = true;
    for (const listener of [...this.listeners]) listener();
    this.listeners.clear();
  }

  add(listener: () => void): void {
    this.listeners.add(listener);
  }

  remove(listener: () => void): void {
    this.listeners.delete(listener);
  }
}
