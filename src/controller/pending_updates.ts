/** Updates that are left to write, at most one per entry, sorted by step: a batch is found without looking at the rest. */
import { rowName, type Row } from '../dataplane/table';
import { stepOf, STEPS_TOTAL, type RowUpdate } from './update_order';

const WAYS = (['insert', 'delete'] as const).flatMap((type) => [
  { type, is_door: false },
  { type, is_door: true },
]);

export class PendingUpdates {
  readonly #steps = Array.from({ length: STEPS_TOTAL }, () => new Map<string, RowUpdate>());
  /** By table. */
  readonly #steps_of = new Map<string, readonly Map<string, RowUpdate>[]>();

  get size(): number {
    return this.#steps.reduce((sum, { size }) => sum + size, 0);
  }

  /** In place of any other update of that entry. */
  put(update: RowUpdate): void {
    this.remove(update.row);
    this.#steps[stepOf(update)]?.set(rowName(update.row), update);
  }

  remove(row: Pick<Row, 'table' | 'key'>): void {
    const name = rowName(row);
    for (const step of this.#stepsOf(row.table)) step.delete(name);
  }

  has(row: Pick<Row, 'table' | 'key'>): boolean {
    const name = rowName(row);
    return this.#stepsOf(row.table).some((step) => step.has(name));
  }

  clear(): void {
    for (const step of this.#steps) step.clear();
  }

  /** Some updates of the lowest step that is left, without taking them away; none if nothing is left. */
  first(updates_max: number): RowUpdate[] {
    const batch: RowUpdate[] = [];
    for (const update of this.#steps.find(({ size }) => size > 0)?.values() ?? []) {
      if (batch.length === updates_max) break;
      batch.push(update);
    }
    return batch;
  }

  /** In which an update of the table's entries may be: it is coming or going, and may be a door. */
  #stepsOf(table: string): readonly Map<string, RowUpdate>[] {
    const known = this.#steps_of.get(table);
    if (known !== undefined) return known;
    const steps = WAYS.flatMap((way) => this.#steps[stepOf({ ...way, row: { table } })] ?? []);
    this.#steps_of.set(table, steps);
    return steps;
  }
}
