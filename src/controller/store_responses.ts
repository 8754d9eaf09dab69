/** Responses of stores to clients that the switch has counted: asked for by store, read for all that ask together. */
import { COUNTERS } from '../dataplane/counters';
import type { Clock } from './clock';
import { readCells, type CounterSource } from './counter_cells';

type Callback = (count: number | undefined) => void;

/** A switch that takes longer to tell is not waited for. */
const ANSWER_MS = 1000;
const CELLS_MAX = 512;

export class StoreResponses {
  #asked: { store_id: number; callback: Callback }[] = [];
  #is_reading = false;

  constructor(
    private readonly source: CounterSource,
    private readonly clock: Clock,
  ) {}

  /** Calls back with undefined if the switch does not tell in time. */
  ask(store_id: number, callback: Callback): void {
    this.#asked.push({ store_id, callback });
    if (!this.#is_reading) void this.#answer();
  }

  async #answer(): Promise<void> {
    this.#is_reading = true;
    while (this.#asked.length > 0) {
      const asked = this.#asked.splice(0, CELLS_MAX);
      const counts = await this.#inTime(this.#read([...new Set(asked.map(({ store_id }) => store_id))]));
      for (const { store_id, callback } of asked) callback(counts?.get(store_id));
    }
    this.#is_reading = false;
  }

  async #read(store_ids: readonly number[]): Promise<Map<number, number> | undefined> {
    try {
      return await readCells(this.source, COUNTERS.store_responses, store_ids);
    } catch {
      // Whatever it is, others tell of it.
      return undefined;
    }
  }

  #inTime<T>(promise: Promise<T | undefined>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const timer = this.clock.after(ANSWER_MS, () => resolve(undefined));
      void promise.then((value) => {
        timer.cancel();
        resolve(value);
      });
    });
  }
}
