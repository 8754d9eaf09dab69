/**
 * Many timers of which few go off: setting and clearing one is a few assignments. Times are as exact as a slot is long, and
 * the clock is asked for a call only while some are set.
 */
import type { Clock, Timer } from '../controller/clock';

const SLOTS = 512;
const SLOT_MS = 20;

/** What a timer is kept in; `due` is the wheel's, -1 while the timer is not set. */
export interface Timed {
  due: number;
  timer_next: Timed | undefined;
  timer_previous: Timed | undefined;
}

export class TimerWheel<T extends Timed> {
  /** The first of each slot's list. */
  private readonly slots = new Array<Timed | undefined>(SLOTS).fill(undefined);
  /** The next slot to be looked at, counted from the clock's zero. */
  private next_slot: number;
  private set_count = 0;
  private tick: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly expired: (timed: T, now_ms: number) => void,
  ) {
    this.next_slot = Math.floor(clock.now_ms() / SLOT_MS);
  }

  get size(): number {
    return this.set_count;
  }

  /** Goes off once, `delay_ms` after `now_ms` or a slot later. It must not be set. */
  set(timed: T, now_ms: number, delay_ms: number): void {
    if (this.set_count === 0) this.next_slot = Math.floor(now_ms / SLOT_MS);
    timed.due = Math.max(this.next_slot, Math.ceil((now_ms + delay_ms) / SLOT_MS));
    const slot = timed.due % SLOTS;
    const first = this.slots[slot];
    timed.timer_next = first;
    timed.timer_previous = undefined;
    if (first !== undefined) first.timer_previous = timed;
    this.slots[slot] = timed;
    this.set_count++;
    this.tick ??= this.clock.after(SLOT_MS, () => this.turn());
  }

  /** Nothing happens if it is not set. */
  clear(timed: T): void {
    if (timed.due < 0) return;
    const { timer_next, timer_previous } = timed;
    if (timer_previous !== undefined) timer_previous.timer_next = timer_next;
    else this.slots[timed.due % SLOTS] = timer_next;
    if (timer_next !== undefined) timer_next.timer_previous = timer_previous;
    timed.due = -1;
    timed.timer_next = undefined;
    timed.timer_previous = undefined;
    this.set_count--;
  }

  stop(): void {
    this.tick?.cancel();
    this.tick = undefined;
  }

  private turn(): void {
    const now_ms = this.clock.now_ms();
    const now_slot = Math.floor(now_ms / SLOT_MS);
    // After a standstill longer than a round each slot is looked at once.
    const first = Math.max(this.next_slot, now_slot - SLOTS + 1);
    this.next_slot = now_slot + 1;
    const due: T[] = [];
    for (let slot = first; slot <= now_slot; slot++) {
      for (let timed = this.slots[slot % SLOTS]; timed !== undefined; timed = timed.timer_next) {
        // Those of later rounds stay.
        if (timed.due <= now_slot) due.push(timed as T);
      }
    }
    for (const timed of due) this.clear(timed);
    for (const timed of due) this.expired(timed, now_ms);
    this.tick = this.set_count > 0 ? this.clock.after(SLOT_MS, () => this.turn()) : undefined;
  }
}
