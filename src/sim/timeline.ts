/** Simulated time: what is to happen, each at its moment. The clock of whatever is simulated, controller included. */
import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../controller/clock';
import { EventQueue } from './event_queue';

export class Timeline implements Clock {
  now_us = 0;
  readonly #queue = new EventQueue();
  readonly #happenings = new Map<number, () => void>();
  #next = 0;
  /** Until all of it is done, time stands still. */
  #works: Promise<unknown>[] = [];

  now_ms(): number {
    return this.now_us / 1000;
  }

  after(delay_ms: number, callback: () => void): Timer {
    const number = this.call(this.now_us + delay_ms * 1000, callback);
    return { cancel: () => void this.#happenings.delete(number) };
  }

  /** As `at`, of what goes on in promises, such as a controller: they are kept before the next event happens. */
  call(at_us: number, callback: () => void): number {
    return this.at(at_us, () => {
      callback();
      this.stopFor(setImmediate());
    });
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

  /** Time stands still until this is done, which must not wait for any event. `run` rejects if it does. */
  stopFor(work: Promise<unknown>): void {
    // Told by `run`, however late that is.
    work.catch(() => undefined);
    this.#works.push(work);
  }

  /** Events happen until there are none, or the condition holds before one of them. */
  async run(until: () => boolean = () => false): Promise<void> {
    await this.#stop();
    while (!until() && this.#step()) {
      if (this.#works.length > 0) await this.#stop();
    }
  }

  /** All that happens within the time, at whose end it is then. */
  async runFor(duration_us: number): Promise<void> {
    const end_us = this.now_us + duration_us;
    await this.run(() => this.#queue.next_time > end_us);
    this.now_us = end_us;
  }

  async #stop(): Promise<void> {
    while (this.#works.length > 0) {
      const works = this.#works;
      this.#works = [];
      await Promise.all(works);
    }
  }

  /** The next event happens; false if there is none. */
  #step(): boolean {
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
