/** Time as the controller sees it, so that tests can move it. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that never go back, from any start. */
  now_ms(): number;
  /** Calls once, `delay_ms` from now or a little later. */
  after(delay_ms: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now_ms: () => performance.now(),
  after(delay_ms, callback) {
    const timer = setTimeout(callback, delay_ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
