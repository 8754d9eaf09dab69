/**
 * How many calls may be under way: one more for each window of answers until the first loss, half as many after a loss.
 * From then on it grows slowly: a lost datagram costs its call a timer, hundreds of round trips, and most losses are
 * those of a receiver whose socket holds only so many, which is soon found again. Answers that are on their way must
 * also fit our own socket.
 */
export interface WindowLimits {
  calls_max: number;
  reply_bytes_max: number;
}

const INITIAL = 4;
/** One call that waits for its timer must not stop the others. */
const MIN = 2;
/** After a loss, one more call in so long. */
const GROWTH_MS = 1000;

export class CongestionWindow {
  private size: number;
  private calls = 0;
  private reply_bytes = 0;
  private halved_at_ms = -Infinity;
  private grown_at_ms = -Infinity;

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
  answered(now_ms: number): void {
    const growth = Math.min(1 / this.size, (now_ms - this.grown_at_ms) / GROWTH_MS);
    this.size = Math.min(this.limits.calls_max, this.size + growth);
    if (this.halved_at_ms > -Infinity) this.grown_at_ms = now_ms;
  }

  /** A call sent at `sent_at_ms` was not answered in time. Losses of one window count once. */
  lost(sent_at_ms: number, now_ms: number): void {
    if (sent_at_ms <= this.halved_at_ms) return;
    this.halved_at_ms = now_ms;
    this.grown_at_ms = now_ms;
    this.size = Math.min(this.limits.calls_max, Math.max(MIN, this.size / 2));
  }
}
