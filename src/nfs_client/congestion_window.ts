/**
 * How many calls may be under way: one more for each window of answers, half as many after a loss, as TCP does. Answers
 * that are on their way must also fit the socket's buffer: what does not is lost, however fast the network.
 */
export interface WindowLimits {
  calls_max: number;
  reply_bytes_max: number;
}

const INITIAL = 4;
const MIN = 1;

export class CongestionWindow {
  private size = INITIAL;
  private calls = 0;
  private reply_bytes = 0;
  private halved_at_ms = -Infinity;

  constructor(private readonly limits: WindowLimits) {
    this.size = Math.min(INITIAL, limits.calls_max);
  }

  /** One call may always be under way. */
  mayStart(reply_bytes: number): boolean {
    if (this.calls === 0) return true;
    return (
      this.calls < Math.floor(this.size) && this.reply_bytes + reply_bytes <= this.limits.reply_bytes_max
    );
  }

  started(reply_bytes: number): void {
    this.calls += 1;
    this.reply_bytes += reply_bytes;
  }

  ended(reply_bytes: number): void {
    this.calls -= 1;
    this.reply_bytes -= reply_bytes;
  }

  /** An answer to a call that was sent once. */
  answered(): void {
    this.size = Math.min(this.limits.calls_max, this.size + 1 / this.size);
  }

  /** A call sent at `sent_at_ms` was not answered in time. Losses of one window count once. */
  lost(sent_at_ms: number, now_ms: number): void {
    if (sent_at_ms <= this.halved_at_ms) return;
    this.halved_at_ms = now_ms;
    this.size = Math.max(MIN, this.size / 2);
  }
}
