/** A binary heap of numbered events, earliest first; of two at one moment the lower number comes first. */
export class EventQueue {
  readonly #times: number[] = [];
  readonly #events: number[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** Of the earliest event; Infinity if there is none. */
  get next_time(): number {
    return this.#times[0] ?? Infinity;
  }

  push(time: number, event: number): void {
    const times = this.#times;
    const events = this.#events;
    let at = times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parent_time = times[parent] as number;
      const parent_event = events[parent] as number;
      if (parent_time < time || (parent_time === time && parent_event < event)) break;
      times[at] = parent_time;
      events[at] = parent_event;
      at = parent;
    }
    times[at] = time;
    events[at] = event;
  }

  /** Undefined if there is none. */
  pop(): number | undefined {
    const times = this.#times;
    const events = this.#events;
    const first = events[0];
    const time = times.pop();
    const event = events.pop();
    const length = times.length;
    if (time === undefined || event === undefined || length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isBefore(child + 1, child)) child += 1;
      const child_time = times[child] as number;
      const child_event = events[child] as number;
      if (time < child_time || (time === child_time && event < child_event)) break;
      times[at] = child_time;
      events[at] = child_event;
      at = child;
    }
    times[at] = time;
    events[at] = event;
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const [time_a, time_b] = [this.#times[a] as number, this.#times[b] as number];
    return (
      time_a < time_b || (time_a === time_b && (this.#events[a] as number) < (this.#events[b] as number))
    );
  }
}
