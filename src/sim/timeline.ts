/** Simulated time: what is to happen, each at its moment. The clock of whatever is simulated, controller included. */
import type { Clock, Timer } from '../controller/clock';
import { EventQueue } from './event_queue';

export class Timeline implements Clock {
  now_us = 0;
  readonly #queue = new EventQueue();
  readonly #happenings = new Map<number, () => void>();
  #next = 0;

  now_ms(): number {
    return this.now_us / 1000;
  }

  after(delay_ms: number, callback: () => void): Timer {
    const number = this.at(this.now_us + delay_ms * 1000, callback);
    return { cancel: () => void this.#happenings.delete(number) };
  }

  /** `delay_us` from now. */
  later(delay_us: number, happen: () => void): void {
    this.at(this.now_us + delay_us, happen);
  }

  /** What has been due before happens now; of two at one moment the earlier said comes first. Returns its number. */
  at(at_us: number, happen: () => void): number {
    const number = this.#next++;
    this.#happenings.set(number, happen);
    this.#queue.push(at_us, number);
    return number;
  }

  /** The next event happens; false if there is none. */
  step(): boolean {
    const at_us = this.#queue.next_time;
    const number = this.#queue.pop();
    if (number === undefined) return false;
    this.now_us = Math.max(this.now_us, at_us);
    const happen = this.#happenings.get(number);
    this.#happenings.delete(number);
    happen?.();
    return true;
  }
}
