/** What has to happen while stores drain: their sessions are looked after, and at a deadline those that are left are reset. */
import type { Clock, Timer } from './clock';
import type { StoreStates } from './store_states';

export interface DrainEnvironment {
  clock: Clock;
  stores: StoreStates;
  /** Sees whether the store's sessions are still there. */
  verify: (store_id: number) => void;
  /** The store's deadline has passed. */
  onDue: (store: string) => void;
}

const VERIFY_MS = 30_000;
/** The longest that Node's timers wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export class DrainWatch {
  #verification: Timer | undefined;
  #deadline: Timer | undefined;
  #is_held = true;

  constructor(private readonly environment: DrainEnvironment) {}

  /** The switch is away: what falls due meanwhile does at `resume`. */
  hold(): void {
    this.#is_held = true;
    this.#verification?.cancel();
    this.#deadline?.cancel();
  }

  resume(): void {
    this.#is_held = false;
    this.#verifyEvery();
    this.#awaitDeadline();
  }

  /** The store's drain has begun, has another deadline, or is over. */
  changed(store: string): void {
    if (this.#is_held) return;
    this.#verify(store);
    this.#awaitDeadline();
  }

  /** Now, and every so often. */
  #verifyEvery(): void {
    const { clock, stores } = this.environment;
    this.#verification?.cancel();
    for (const name of stores.drains.keys()) this.#verify(name);
    this.#verification = clock.after(VERIFY_MS, () => this.#verifyEvery());
  }

  #verify(store: string): void {
    const { stores, verify } = this.environment;
    const view = stores.find(store);
    if (view?.state === 'draining') verify(view.id);
  }

  #awaitDeadline(): void {
    this.#deadline?.cancel();
    const { clock, stores, onDue } = this.environment;
    const now_ms = clock.now_ms();
    const coming = [...stores.drains].flatMap(([name, { deadline_ms }]) =>
      deadline_ms === undefined || deadline_ms <= now_ms ? [] : [{ name, deadline_ms }],
    );
    const next_ms = Math.min(...coming.map(({ deadline_ms }) => deadline_ms));
    if (next_ms === Infinity) return;
    this.#deadline = clock.after(Math.min(Math.ceil(next_ms - now_ms), TIMER_MAX_MS), () => {
      for (const { name, deadline_ms } of coming) if (deadline_ms <= clock.now_ms()) onDue(name);
      this.#awaitDeadline();
    });
  }
}
