/** Simulated time: what is to happen, each at its moment. The clock of whatever is measured, controller included. */
import type { Clock, Timer } from '../../controller/clock';

interface Event {
  at_us: number;
  /** Of two at one moment the earlier said comes first. */
  number: number;
  happen: () => void;
}

export class Timeline implements Clock {
  now_us = 0;
  /** A binary heap, the next event first. */
  readonly #events: Event[] = [];
  #number = 0;

  now_ms(): number {
    return this.now_us / 1000;
  }

  after(delay_ms: number, callback: () => void): Timer {
    let is_cancelled = false;
    this.at(this.now_us + delay_ms * 1000, () => {
      if (!is_cancelled) callback();
    });
    return { cancel: () => (is_cancelled = true) };
  }

  /** What has been due before happens now. */
  at(at_us: number, happen: () => void): void {
    const event = { at_us, number: this.#number++, happen };
    const events = this.#events;
    let place = events.length;
    for (;;) {
      const parent = (place - 1) >> 1;
      const above = events[parent];
      if (place === 0 || above === undefined || isBefore(above, event)) break;
      events[place] = above;
      place = parent;
    }
    events[place] = event;
  }

  /** The next event happens; false if there is none. */
  step(): boolean {
    const events = this.#events;
    const [next] = events;
    const last = events.pop();
    if (next === undefined || last === undefined) return false;
    if (events.length > 0) this.#sink(last);
    this.now_us = Math.max(this.now_us, next.at_us);
    next.happen();
    return true;
  }

  #sink(event: Event): void {
    const events = this.#events;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = events[below];
      const other = events[below + 1];
      if (child === undefined) break;
      if (other !== undefined && isBefore(other, child)) {
        below += 1;
        child = other;
      }
      if (isBefore(event, child)) break;
      events[place] = child;
      place = below;
    }
    events[place] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at_us < b.at_us || (a.at_us === b.at_us && a.number < b.number);
}
