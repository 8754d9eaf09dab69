/** What befalls the stores of a simulation, and when each controller has noticed. */
import type { Timeline } from './timeline';
import type { Draws } from './random';
import type { View } from './simulated_virtualizer';
import type { StoreState } from './site';

interface Options {
  virtualizers: number;
  stores: number;
  duration_s: number;
}

interface Fate {
  is_alive: boolean;
  is_drained: boolean;
  /** How often it has started. */
  incarnation: number;
}

const BETWEEN_US = 1_500_000;
/** Until health checks tell. */
const DETECTION_US = 400_000;
/** By which one controller may notice later than another. */
const SKEW_US = 50_000;
const WEIGHT_MAX = 3;
const SERVING_MIN = 2;

export class StoreFates {
  events = 0;
  view: View;
  readonly #fates: Fate[];
  /** What each controller has adopted last. */
  readonly #adopted: number[];

  constructor(
    private readonly timeline: Timeline,
    private readonly draws: Draws,
    private readonly options: Options,
    private readonly adopt: (virtualizer: number, view: View) => void,
  ) {
    this.#fates = Array.from({ length: options.stores }, () => ({
      is_alive: true,
      is_drained: false,
      incarnation: 1,
    }));
    this.view = { number: 0, states: this.#fates.map(() => 'up'), weights: this.#fates.map(() => 1) };
    this.#adopted = Array.from({ length: options.virtualizers }, () => 0);
  }

  start(): void {
    this.timeline.later(BETWEEN_US * (0.5 + this.draws.uniform()), () => {
      if (this.timeline.now_us > this.options.duration_s * 1e6) return;
      this.#happen();
      this.start();
    });
  }

  /** Undefined while the store is dead. */
  incarnation(store: number): number | undefined {
    const fate = this.#fates[store];
    return fate?.is_alive === true ? fate.incarnation : undefined;
  }

  #happen(): void {
    const store = this.draws.below(this.options.stores);
    const fate = this.#fates[store] as Fate;
    const serving = this.#fates.filter(({ is_alive, is_drained }) => is_alive && !is_drained).length;
    const may_leave = serving > SERVING_MIN || fate.is_drained;
    if (this.draws.isBelow(0.2)) {
      const weights = [...this.view.weights];
      weights[store] = 1 + this.draws.below(WEIGHT_MAX);
      this.#change({ weights }, 0);
    } else if (!fate.is_alive) {
      fate.is_alive = true;
      fate.incarnation += 1;
      this.#changeState(store, fate.is_drained ? 'draining' : 'up', DETECTION_US);
    } else if (may_leave && this.draws.isBelow(0.5)) {
      fate.is_alive = false;
      this.#changeState(store, 'down', DETECTION_US);
    } else if (fate.is_drained) {
      fate.is_drained = false;
      this.#changeState(store, 'up', 0);
    } else if (may_leave) {
      fate.is_drained = true;
      this.#changeState(store, 'draining', 0);
    } else return;
    this.events += 1;
  }

  #changeState(store: number, state: StoreState, delay_us: number): void {
    this.#change({ states: this.view.states.with(store, state) }, delay_us);
  }

  #change(change: Partial<View>, delay_us: number): void {
    const view = { ...this.view, ...change, number: this.view.number + 1 };
    this.view = view;
    this.#adopted.forEach((_, index) => {
      this.timeline.later(delay_us + SKEW_US * this.draws.uniform(), () => {
        // A later one may have been faster.
        if ((this.#adopted[index] as number) > view.number) return;
        this.#adopted[index] = view.number;
        this.adopt(index, view);
      });
    });
  }
}
