/** What is to be done when, in simulated time. */
import { EventQueue } from './event_queue';

export class Agenda {
  now_us = 0;
  readonly #queue = new EventQueue();
  readonly #tasks = new Map<number, () => void>();
  #next = 0;

  after(delay_us: number, task: () => void): void {
    this.#tasks.set(this.#next, task);
    this.#queue.push(this.now_us + delay_us, this.#next);
    this.#next += 1;
  }

  /** Does the next thing; false if nothing is left. */
  step(): boolean {
    const time_us = this.#queue.next_time;
    const event = this.#queue.pop();
    if (event === undefined) return false;
    this.now_us = time_us;
    const task = this.#tasks.get(event);
    this.#tasks.delete(event);
    task?.();
    return true;
  }
}
