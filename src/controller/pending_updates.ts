/** Updates that are left to write, at most one per entry, sorted by step: a batch is found without looking at the rest. */
import type { Row } from '../dataplane/table';
import { stepOf, STEPS_TOTAL, type RowUpdate } from './update_order';

export class PendingUpdates {
  readonly #steps = Array.from({ length: STEPS_TOTAL }, () => new Map<string, RowUpdate>());

  get size(): number {
    return this.#steps.reduce((sum, { size }) => sum + size, 0);
  }

  /** In place of any other update of that entry. */
  put(update: RowUpdate): void {
    this.remove(update.row);
    this.#steps[stepOf(update)]?.set(nameOf(update.row), update);
  }

  remove(row: Pick<Row, 'table' | 'key'>): void {
    const name = nameOf(row);
    // An entry is coming or going.
    this.#steps[stepOf({ type: 'insert', row })]?.delete(name);
    this.#steps[stepOf({ type: 'delete', row })]?.delete(name);
  }

  has(row: Pick<Row, 'table' | 'key'>): boolean {
    const name = nameOf(row);
    return (['insert', 'delete'] as const).some((type) => this.#steps[stepOf({ type, row })]?.has(name));
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
}

function nameOf({ table, key }: Pick<Row, 'table' | 'key'>): string {
  return `${table} ${key}`;
}
