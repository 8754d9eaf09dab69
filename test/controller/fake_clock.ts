/** A clock that moves only when told. */
import type { Clock, Timer } from '../../src/controller/clock';

interface Waiting {
  due_ms: number;
  callback: () => void;
}

export class FakeClock implements Clock {
  #now_ms = 0;
  #waiting: Waiting[] = [];

  now_ms(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, callback: () => void): Timer {
    const waiting = { due_ms: this.#now_ms + delay_ms, callback };
    this.#waiting.push(waiting);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
      },
    };
  }

  /** Timers that are neither due nor cancelled. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Calls all that falls due, in order, each at its time. */
  advance(by_ms: number): void {
    const end_ms = this.#now_ms + by_ms;
    for (;;) {
      const due = this.#waiting
        .filter(({ due_ms }) => due_ms <= end_ms)
        .sort((a, b) => a.due_ms - b.due_ms)[0];
      if (due === undefined) break;
      this.#waiting = this.#waiting.filter((one) => one !== due);
      this.#now_ms = Math.max(this.#now_ms, due.due_ms);
      due.callback();
    }
    this.#now_ms = end_ms;
  }

  /** Moves on without calling anything meanwhile, as if this process had been stopped; what is due is called late. */
  stall(by_ms: number): void {
    this.#now_ms += by_ms;
    this.advance(0);
  }
}
