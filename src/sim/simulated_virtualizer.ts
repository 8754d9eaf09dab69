/**
 * The compiled program with the entries that a controller would give it, as its view of the stores changes: entries
 * are written in the controller's order, a batch at a time, so that requests come between two batches.
 */
import { fixedRows } from '../controller/fixed_rows';
import { PoolAssignments, storeTables } from '../controller/store_rows';
import type { RowUpdate } from '../controller/update_order';
import type { Row } from '../dataplane/table';
import type { Timeline } from './timeline';
import { clientRows, siteOf, storeFacts, type Policy, type StoreState } from './site';
import { byTable, VirtualSwitch } from './virtual_switch';

/** What a controller believes. Equal numbers are equal views. */
export interface View {
  number: number;
  states: readonly StoreState[];
  weights: readonly number[];
}

const BATCH_UPDATES = 128;
const BATCH_US = 2_000;

export class SimulatedVirtualizer {
  readonly #switch: VirtualSwitch;
  #view: View;
  #pending: RowUpdate[] = [];
  #assignments: PoolAssignments;
  #network;

  constructor(
    private readonly timeline: Timeline,
    private readonly policy: Policy,
    view: View,
    seed: number,
  ) {
    this.#switch = new VirtualSwitch(seed);
    this.#view = view;
    this.#network = siteOf(view.weights, policy);
    this.#assignments = new PoolAssignments(this.#network);
    this.#switch.write(this.#switch.difference(this.#wanted([...fixedRows(this.#network), ...clientRows()])));
  }

  /** Undefined while entries of a view are being written: then it is no one's. */
  get view_number(): number | undefined {
    return this.#pending.length === 0 ? this.#view.number : undefined;
  }

  forward(in_port: number, frame: Uint8Array, out_port: number): number | undefined {
    return this.#switch.forward(in_port, frame, this.timeline.now_us, out_port);
  }

  adopt(view: View): void {
    if (view.weights.join(' ') !== this.#view.weights.join(' ')) {
      this.#network = siteOf(view.weights, this.policy);
      this.#assignments = new PoolAssignments(this.#network);
    }
    this.#view = view;
    const is_writing = this.#pending.length > 0;
    this.#pending = this.#switch.difference(this.#wanted([]));
    if (!is_writing) this.#writeBatch();
  }

  #wanted(others: readonly Row[]): Map<string, readonly Row[]> {
    const facts = storeFacts(this.#network, this.#view.states);
    return new Map([...byTable(others), ...storeTables(facts, this.#assignments)]);
  }

  #writeBatch(): void {
    if (this.#pending.length === 0) return;
    this.#switch.write(this.#pending.slice(0, BATCH_UPDATES));
    this.timeline.later(BATCH_US, () => {
      // What was written stays pending until now, so that the view counts as changing.
      this.#pending = this.#pending.slice(BATCH_UPDATES);
      this.#writeBatch();
    });
  }
}
